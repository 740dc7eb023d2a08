import assert from "node:assert/strict";
import fc from "fast-check";
import { EpackError } from "../../lib/errors.ts";
import { AdapterError, type Command, parseCapabilities, parseReply } from "../../lib/protocol/mod.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const ID = "11111111-2222-3333-4444-555555555555";

const GOOD: Record<string, Record<string, unknown>> = {
  "push.prepare": { upload: { method: "PUT", url: "https://127.0.0.1/x" }, finalize_token: "t" },
  "push.finalize": {
    release: { release_id: "rel_1", pack_digest: DIGEST, created_at: "2026-01-02T03:04:05Z", canonical_ref: "r" },
    links: { view: "https://127.0.0.1/" },
  },
  "pull.prepare": {
    download: { method: "GET", url: "https://127.0.0.1/x" },
    pack: { digest: DIGEST, size_bytes: 5, stream: "s", created_at: "2026-01-02T03:04:05Z" },
    finalize_token: "t",
  },
  "pull.finalize": { confirmed: true },
  "runs.sync": { accepted: 1, rejected: 0, items: [{ run_id: "r", status: "accepted" }] },
  "auth.login": { instructions: { user_code: "A-B", verification_uri: "https://127.0.0.1/", expires_in_seconds: 60 } },
  "auth.whoami": { identity: { authenticated: true } },
};

function reply(command: Command, change: Record<string, unknown> = {}): Record<string, unknown> {
  return { ok: true, type: `${command}.result`, request_id: ID, ...GOOD[command], ...change };
}

function read(command: Command, answer: unknown, exitCode = 0) {
  const text = typeof answer === "string" ? answer : JSON.stringify(answer);
  return parseReply(new TextEncoder().encode(text), { command, requestId: ID, adapterName: "x", exitCode });
}

for (const command of Object.keys(GOOD) as Command[]) {
  Deno.test(`parseReply() reads a good answer to ${command}, with the type in both spellings`, () => {
    assert.doesNotThrow(() => read(command, reply(command)));
    assert.doesNotThrow(() => read(command, reply(command, { type: command })));
  });
}

/** What the Go tool took for good. */
const LIES: [string, Command, unknown][] = [
  ["a missing request_id", "pull.prepare", reply("pull.prepare", { request_id: undefined })],
  ["another request_id", "pull.prepare", reply("pull.prepare", { request_id: "other" })],
  ["the type of another command", "pull.prepare", reply("pull.prepare", { type: "push.prepare.result" })],
  ["the type error with ok", "pull.prepare", reply("pull.prepare", { type: "error" })],
  ["an error beside ok", "pull.prepare", reply("pull.prepare", { error: { code: "x", message: "y" } })],
  ["ok as a text", "pull.prepare", reply("pull.prepare", { ok: "true" })],
  ["confirmed: false", "pull.finalize", reply("pull.finalize", { confirmed: false })],
  ["no finalize_token", "push.prepare", reply("push.prepare", { finalize_token: undefined })],
  ["an empty finalize_token", "push.prepare", reply("push.prepare", { finalize_token: "" })],
  ["no release", "push.finalize", reply("push.finalize", { release: undefined })],
  [
    "a digest in upper case",
    "push.finalize",
    reply("push.finalize", { release: { release_id: "r", pack_digest: DIGEST.toUpperCase() } }),
  ],
  ["no upload url without skip", "push.prepare", reply("push.prepare", { upload: { method: "PUT", url: "" } })],
  [
    "a date that is none",
    "pull.prepare",
    reply("pull.prepare", { download: { url: "https://127.0.0.1/", expires_at: "tomorrow" } }),
  ],
  ["a status that is unknown", "runs.sync", reply("runs.sync", { items: [{ run_id: "r", status: "maybe" }] })],
  ["a list", "pull.prepare", []],
  ["null", "pull.prepare", "null"],
  ["a byte order mark", "pull.prepare", `\ufeff${JSON.stringify(reply("pull.prepare"))}`],
  ["a log line first", "pull.prepare", `starting\n${JSON.stringify(reply("pull.prepare"))}`],
  ["a second document", "pull.prepare", `${JSON.stringify(reply("pull.prepare"))}\n{}`],
  [
    "a key that is there twice",
    "auth.whoami",
    `{"ok":true,"type":"auth.whoami","request_id":"${ID}","identity":{"authenticated":false,"authenticated":true}}`,
  ],
  [
    "a lone surrogate",
    "auth.whoami",
    `{"ok":true,"type":"auth.whoami","request_id":"${ID}","identity":{"authenticated":true,"subject":"\\ud800"}}`,
  ],
];
for (const size of [-1, 1.5, 2 ** 53, "67615", true]) {
  LIES.push([
    `size_bytes ${JSON.stringify(size)}`,
    "pull.prepare",
    reply("pull.prepare", { pack: { digest: DIGEST, size_bytes: size } }),
  ]);
}
for (const [name, command, answer] of LIES) {
  Deno.test(`parseReply() refuses ${name}`, () => {
    assert.throws(() => read(command, answer), { code: "adapter_protocol" });
  });
}

/** What adapters in the field send. */
const TOLERATED: [string, Command, Record<string, unknown>][] = [
  ["null and empty optional fields", "pull.prepare", {
    pack: { digest: DIGEST, size_bytes: null, stream: "", labels: null, version: null },
  }],
  ["no method", "push.prepare", { upload: { url: "https://127.0.0.1/x" } }],
  ["skip with an empty url", "push.prepare", { upload: { method: "skip", url: "" } }],
  ["a release of id and digest alone", "push.finalize", {
    release: { release_id: "r", pack_digest: DIGEST },
    links: null,
  }],
  ["no confirmed", "pull.finalize", { confirmed: undefined }],
  ["no items", "runs.sync", { items: null, accepted: undefined }],
  ["unknown fields", "auth.whoami", { future: [1, { x: 2 }] }],
  ["items of equal values", "pull.prepare", { pack: { digest: DIGEST, labels: ["a", "a", "stream"], stream: "s" } }],
];
for (const [name, command, change] of TOLERATED) {
  Deno.test(`parseReply() accepts ${name}`, () => assert.doesNotThrow(() => read(command, reply(command, change))));
}

Deno.test("parseReply() refuses a result that came with another exit code than 0", () => {
  for (let exitCode = 1; exitCode < 256; exitCode++) {
    assert.throws(() => read("auth.whoami", reply("auth.whoami"), exitCode), { code: "adapter_protocol" });
  }
});

Deno.test("parseReply() throws an AdapterError for an error answer, with any exit code and an empty id", () => {
  for (const [id, exitCode] of [[ID, 0], ["", 1], [undefined, 7]] as const) {
    const answer = { ok: false, type: "error", request_id: id, error: { code: "made_up", message: "no" } };
    assert.throws(
      () => read("auth.whoami", answer, exitCode),
      (error) => error instanceof AdapterError && error.adapterCode === "made_up" && !error.isRetryable,
    );
  }
});

Deno.test("AdapterError shows an adapter's texts without escape sequences and bounded", () => {
  const answer = {
    ok: false,
    type: "error",
    request_id: ID,
    error: {
      code: "x\u001b[2J",
      message: `\u001b]8;;x\u0007${"long ".repeat(5000)}`,
      action: { type: "open_url", url: "javascript:alert(1)" },
    },
  };
  assert.throws(() => read("auth.whoami", answer), (error) => {
    assert.ok(error instanceof AdapterError);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(error.message, /[\u0000-\u001f]/);
    assert.ok(error.message.length < 5000);
    assert.equal(error.hint, undefined);
    return true;
  });
});

Deno.test("parseReply() throws nothing but EpackError, whatever a reply was turned into", () => {
  const commands = Object.keys(GOOD) as Command[];
  fc.assert(fc.property(fc.constantFrom(...commands), fc.jsonValue(), fc.nat(), (command, value, pick) => {
    const answer = reply(command);
    const keys = Object.keys(answer);
    answer[keys[pick % keys.length]] = value;
    try {
      read(command, answer);
    } catch (error) {
      assert.ok(error instanceof EpackError, String(error));
    }
  }));
});

const capabilities = (change: Record<string, unknown>) =>
  parseCapabilities(
    new TextEncoder().encode(
      JSON.stringify({ name: "x", kind: "remote_adapter", deploy_protocol_version: 1, ...change }, null, 2),
    ),
    { adapterName: "x" },
  );

Deno.test("parseCapabilities() takes what is absent for false, and max_pack_size for max_pack_bytes", () => {
  const found = capabilities({ features: { pull: true }, limits: { max_pack_size: 10 }, auth: null });
  assert.deepEqual(found.features, {
    prepareFinalize: false,
    directUpload: false,
    pull: true,
    runsSync: false,
    authLogin: false,
    whoami: false,
  });
  assert.equal(found.limits.maxPackBytes, 10);
  assert.deepEqual(found.auth.modes, []);
});

Deno.test("parseCapabilities() refuses another kind, another version and negative limits", () => {
  for (
    const change of [
      { kind: "collector" },
      { deploy_protocol_version: 2 },
      { deploy_protocol_version: 0 },
      { limits: { max_pack_bytes: -1 } },
      { name: "" },
      { features: { pull: "yes" } },
    ]
  ) {
    assert.throws(() => capabilities(change), { code: "adapter_protocol" }, JSON.stringify(change));
  }
});
