import assert from "node:assert/strict";
import { parseDigest } from "../../lib/digest/mod.ts";
import { assertNotExpired, requestFor } from "../../lib/protocol/mod.ts";

const digest = parseDigest(`sha256:${"a".repeat(64)}`);

Deno.test("requestFor() writes the wire's keys, the version and an id of its own, and leaves blanks out", () => {
  const fields = {
    remote: "r",
    target: { workspace: "w", environment: "" },
    digest,
    packDigest: digest,
    finalizeToken: "t",
  };
  const first = requestFor("pull.finalize", fields, { extensions: {} });
  assert.deepEqual({ ...first, request_id: "" }, {
    type: "pull.finalize",
    protocol_version: 1,
    request_id: "",
    remote: "r",
    target: { workspace: "w" },
    digest,
    pack_digest: digest,
    finalize_token: "t",
  });
  assert.notEqual(first.request_id, requestFor("pull.finalize", fields).request_id);
});

Deno.test("requestFor() hands the remote's extensions on as they are", () => {
  const { extensions } = requestFor("auth.whoami", {}, { extensions: { snake_case: { camelCase: 1 } } });
  assert.deepEqual(extensions, { snake_case: { camelCase: 1 } });
});

Deno.test("requestFor() refuses a reference that names two releases", () => {
  assert.throws(() => requestFor("pull.prepare", { remote: "r", target: {}, ref: { latest: true, version: "v1" } }));
});

Deno.test("assertNotExpired() refuses what is over, with a minute's grace for clocks", () => {
  const options = { now: new Date("2026-01-01T00:00:00Z"), what: "upload", adapterName: "x" };
  assert.throws(() => assertNotExpired("2025-12-31T23:58:00Z", options), { code: "adapter_protocol" });
  assert.doesNotThrow(() => assertNotExpired("2025-12-31T23:59:30Z", options));
  assert.doesNotThrow(() => assertNotExpired(undefined, options));
});
