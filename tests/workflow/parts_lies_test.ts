import assert from "node:assert/strict";
import { join } from "node:path";
import { partsStore } from "../servers/parts_store.ts";
import { errorAnswer } from "./answers.ts";
import { commandsOf, journals, PARTS, partsProject } from "./parts_project.ts";

const address = (number: number, more: Record<string, unknown> = {}) => ({
  number,
  url: "http://127.0.0.1:1/p",
  ...more,
});
const all = Array.from({ length: PARTS }, (_, at) => address(at + 1));

/** Wrong answers, and how the push ends. Nothing is ever completed or released then. */
const LIES: Record<string, { script: Record<string, unknown>; code: number; says: RegExp }> = {
  "an address for a part that was not asked for": {
    script: { "upload.parts": { parts: [...all, address(9)] } },
    code: 1,
    says: /part 9, which was not asked for/,
  },
  "two addresses for one part": {
    script: { "upload.parts": { parts: [...all, address(3)] } },
    code: 1,
    says: /part 3, which was not asked for or given twice/,
  },
  "no address for a part": {
    script: { "upload.parts": { parts: all.slice(1) } },
    code: 1,
    says: /no address for part 1/,
  },
  "a part number that is none": { script: { "upload.parts": { parts: [address(0)] } }, code: 1, says: /number/ },
  "an address of a file": {
    script: { "upload.parts": { parts: all.map(({ number }) => address(number, { url: "file:///tmp/x" })) } },
    code: 15,
    says: /file addresses/,
  },
  "an address of another machine in clear": {
    script: { "upload.parts": { parts: all.map(({ number }) => address(number, { url: "http://registry.test/" })) } },
    code: 15,
    says: /http is only allowed to this machine/,
  },
  "an address with a secret that would go in clear": {
    script: {
      "upload.parts": { parts: all.map(({ number }) => address(number, { headers: { Authorization: "x" } })) },
    },
    code: 15,
    says: /Authorization would travel in clear/,
  },
  "an address that expired": {
    script: {
      "upload.parts": { parts: all.map(({ number }) => address(number, { expires_at: "2020-01-01T00:00:00Z" })) },
    },
    code: 1,
    says: /expired at 2020/,
  },
  "a method that uploads nothing": {
    script: { "upload.parts": { parts: all.map(({ number }) => address(number, { method: "DELETE" })) } },
    code: 1,
    says: /upload by "DELETE"/,
  },
  "no token": { script: { "upload.begin": { finalize_token: null } }, code: 1, says: /finalize_token/ },
  "no id of the upload": { script: { "upload.begin": { upload_id: "" } }, code: 1, says: /upload_id/ },
  "an offer that is none": {
    script: { "--capabilities": { extensions: { "epack.multipart_upload": { version: 1, max_parts: 0 } } } },
    code: 1,
    says: /extensions\.epack\.multipart_upload: max_parts/,
  },
  "no upload, since a login is needed": {
    script: { "upload.begin": errorAnswer("auth_required") },
    code: 1,
    says: /auth_required/,
  },
};

for (const [name, { script, code, says }] of Object.entries(LIES)) {
  Deno.test(`push() in parts ends before anything is released when the adapter gives ${name}`, async () => {
    await using project = await partsProject();
    await project.scriptParts(script);
    const run = await project.epack("push", "s", "good.epack", "--retries", "0");
    assert.equal(run.code, code, run.stderr);
    assert.match(run.stderr, says);
    const asked = await commandsOf(project);
    assert.ok(!asked.some((command) => /complete|push\./.test(command)), asked.join());
  });
}

Deno.test("push() goes in one piece when the adapter offers parts and then knows nothing of them", async () => {
  await using project = await partsProject();
  await project.scriptParts({ "upload.begin": errorAnswer("unsupported_protocol") });
  const run = await project.epack("push", "s", "good.epack", "--json");
  assert.equal(run.code, 0, run.stderr);
  assert.equal(JSON.parse(run.stdout).transfer.method, "upload");
  assert.deepEqual(await commandsOf(project), ["--capabilities", "upload.begin", "push.prepare", "push.finalize"]);
  assert.deepEqual(await journals(project), []);
});

/** Offers that leave this pack in one piece. */
const NO_OFFERS: Record<string, unknown> = {
  "in another version": { version: 2, max_part_bytes: 100 },
  "of parts that are as long as the pack": { version: 1 },
  "of too few parts": { version: 1, max_part_bytes: 100, max_parts: 2 },
};

for (const [name, offer] of Object.entries(NO_OFFERS)) {
  Deno.test(`push() sends an adapter nothing of parts that offers them ${name}`, async () => {
    await using project = await partsProject();
    await project.script({ "--capabilities": { extensions: { "epack.multipart_upload": offer } } });
    const run = await project.epack("push", "s", "good.epack");
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual(await commandsOf(project), ["--capabilities", "push.prepare", "push.finalize"]);
  });
}

Deno.test("push() in parts does not complete when the pack changed after it was verified", async () => {
  await using project = await partsProject();
  await Deno.copyFile(join(project.path, "good.epack"), join(project.path, "p.epack"));
  await using store = await partsStore(project.store);
  await project.scriptParts({
    "upload.parts": { do: `printf EVIL | dd of=${project.path}/p.epack conv=notrunc bs=1 seek=60 2>/dev/null` },
  });
  const run = await project.epack("push", "s", "p.epack");
  assert.equal(run.code, 2, run.stderr);
  assert.match(run.stderr, /changed after it was verified/);
  assert.ok(!store.stored.includes(1), "a part that changed arrived whole");
  assert.deepEqual(await commandsOf(project), ["--capabilities", "upload.begin", "upload.parts"]);
});

/** What upload.complete makes of the parts. */
const MADE: Record<string, unknown> = {
  "of another digest": { file_digest: `sha256:${"b".repeat(64)}` },
  "of another size": { size_bytes: 1 },
};

for (const [name, made] of Object.entries(MADE)) {
  Deno.test(`push() in parts releases nothing when they became a file ${name}, and begins anew the next time`, async () => {
    await using project = await partsProject();
    await using store = await partsStore(project.store);
    await project.scriptParts({ "upload.complete": made });
    const run = await project.epack("push", "s", "good.epack");
    assert.equal(run.code, 2, run.stderr);
    assert.match(run.stderr, /another file; nothing was released/);
    assert.ok(!(await commandsOf(project)).includes("push.finalize"));
    assert.deepEqual(await journals(project), []);
    await project.scriptParts({});
    assert.equal((await project.epack("push", "s", "good.epack")).code, 0);
    assert.equal(store.stored.length, 2 * PARTS);
  });
}

Deno.test("push() in parts asks again when upload.complete says retryable, and completes at once the next time when it gave up", async () => {
  await using project = await partsProject();
  await using store = await partsStore(project.store);
  await project.scriptParts({ "upload.complete": errorAnswer("server_error", { retryable: true }) });
  const run = await project.epack("push", "s", "good.epack", "--retries", "1");
  assert.equal(run.code, 1, run.stderr);
  assert.equal((await commandsOf(project)).filter((command) => command === "upload.complete").length, 2);
  await project.scriptParts({});
  assert.equal((await project.epack("push", "s", "good.epack")).code, 0);
  assert.equal(store.stored.length, PARTS);
});

Deno.test("push() in parts says a part that the store refuses for good, and the next push sends it alone", async () => {
  await using project = await partsProject();
  let refused = true;
  await using store = await partsStore(project.store, {
    first: (part) => part === PARTS && refused ? new Response("no such thing", { status: 404 }) : undefined,
  });
  const run = await project.epack("push", "s", "good.epack");
  assert.equal(run.code, 15, run.stderr);
  assert.match(run.stderr, /HTTP 404 \(no such thing\)/);
  refused = false;
  assert.equal((await project.epack("push", "s", "good.epack")).code, 0);
  assert.ok(store.stored.length <= PARTS + 3, "only what was under way may have been sent twice");
  assert.deepEqual(new Set(store.stored).size, PARTS);
});
