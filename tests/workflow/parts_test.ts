import assert from "node:assert/strict";
import { join } from "node:path";
import { partsStore } from "../servers/parts_store.ts";
import { type ScriptedProject, scriptedProject } from "./scripted_project.ts";

const PARTS = 8;

/** A project whose adapter offers parts, and takes them so small that its pack has eight. */
async function partsProject(script: Record<string, unknown> = {}): Promise<ScriptedProject & { partBytes: number }> {
  const project = await scriptedProject();
  const pack = await project.read("good.epack") ?? new Uint8Array();
  const partBytes = Math.ceil(pack.length / PARTS);
  const offer = { version: 1, max_part_bytes: partBytes };
  await project.script({
    "--capabilities": { extensions: { "epack.multipart_upload": offer } },
    ...script,
  });
  await Deno.remove(join(project.store, "store.epack"));
  return { ...project, partBytes };
}

const commandsOf = async (project: ScriptedProject) => (await project.asked()).map(({ command }) => command);

async function journals(project: ScriptedProject): Promise<string[]> {
  const folder = join(project.path, ".epack", "uploads");
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => join(folder, name));
}

/** Until something that can be seen is so. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!await isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

Deno.test("push() in parts sends each part once, in one upload, and leaves no journal", async () => {
  await using project = await partsProject();
  await using store = await partsStore(project.store);
  const run = await project.epack("push", "s", "good.epack", "--label", "a", "--json");
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(await commandsOf(project), [
    "--capabilities",
    "upload.begin",
    "upload.parts",
    "upload.complete",
    "push.finalize",
  ]);
  assert.deepEqual(store.stored.toSorted(), [1, 2, 3, 4, 5, 6, 7, 8]);
  const pack = await project.read("good.epack") ?? new Uint8Array();
  assert.deepEqual(await project.read("store/store.epack"), pack);
  const [, begin, , complete, finalize] = (await project.asked()).map(({ request }) => request);
  assert.deepEqual([begin.part_bytes, begin.part_count], [project.partBytes, PARTS]);
  assert.deepEqual(begin.release, { labels: ["a"] });
  assert.equal(finalize.finalize_token, `t-${begin.request_id}`);
  const etags = (complete.parts as { etag: string }[]).map(({ etag }) => etag);
  assert.deepEqual(
    etags,
    await Promise.all(
      etags.map((_, at) =>
        Deno.readTextFile(join(project.store, "uploads", String(begin.request_id), `${at + 1}.etag`))
      ),
    ),
  );
  const json = JSON.parse(run.stdout);
  const transfer = { method: "parts", attempts: 1, bytes_sent: pack.length, parts: PARTS, resumed_bytes: 0 };
  assert.deepEqual(json.transfer, transfer);
  const receipt = JSON.parse(await Deno.readTextFile(json.receipt_path));
  assert.deepEqual(receipt.transfer, transfer);
  assert.equal(typeof receipt.elapsed_ms, "number");
  assert.doesNotMatch(JSON.stringify(receipt), new RegExp(String(begin.request_id)), "a secret is in the receipt");
  assert.deepEqual(await journals(project), []);
});

Deno.test("push() in parts sends several at the same time", async () => {
  await using project = await partsProject();
  const allFour = Promise.withResolvers<undefined>();
  await using store = await partsStore(project.store, {
    // without a second part under way the first would never be answered
    first: () => store.open() < 4 ? allFour.promise : void allFour.resolve(undefined),
  });
  const run = await project.epack("push", "s", "good.epack", "--stall-timeout", "20s");
  assert.equal(run.code, 0, run.stderr);
  assert.equal(store.mostOpen(), 4);
});

Deno.test("push() in parts tries a part that fails again, and no other", async () => {
  await using project = await partsProject();
  let failures = 2;
  await using store = await partsStore(project.store, {
    first: (part) => part === 5 && failures-- > 0 ? new Response(null, { status: 503 }) : undefined,
  });
  const run = await project.epack("push", "s", "good.epack", "--json");
  assert.equal(run.code, 0, run.stderr);
  assert.equal(store.received.length, PARTS + 2);
  assert.equal(store.stored.length, PARTS);
  assert.equal(JSON.parse(run.stdout).transfer.attempts, 3);
  assert.deepEqual(await project.read("store/store.epack"), await project.read("good.epack"));
});

Deno.test("push() in parts asks for another address when the store says that one expired", async () => {
  await using project = await partsProject();
  let refusals = 1;
  await using store = await partsStore(project.store, {
    first: (part) => part === 2 && refusals-- > 0 ? new Response("Request has expired", { status: 403 }) : undefined,
  });
  const run = await project.epack("push", "s", "good.epack");
  assert.equal(run.code, 0, run.stderr);
  const asked = (await project.asked()).filter(({ command }) => command === "upload.parts");
  assert.deepEqual(
    asked.map(({ request }) => (request.parts as { number: number }[]).map(({ number }) => number)),
    [[1, 2, 3, 4, 5, 6, 7, 8], [2]],
  );
  assert.equal(store.stored.length, PARTS);
});

Deno.test("push() in parts that is refused for another reason asks for no other address", async () => {
  await using project = await partsProject();
  await using store = await partsStore(project.store, {
    first: (part) => part === 2 ? new Response("no", { status: 403 }) : undefined,
  });
  const run = await project.epack("push", "s", "good.epack");
  assert.equal(run.code, 15, run.stderr);
  assert.ok(!store.stored.includes(2));
  assert.deepEqual(await commandsOf(project), ["--capabilities", "upload.begin", "upload.parts"]);
});

/** Kills a push when the store has three parts and the push knows it; more are under way then. */
async function killedPush(project: ScriptedProject): Promise<number[]> {
  const held = Promise.withResolvers<Response>();
  await using store = await partsStore(project.store, {
    first: (part) => part > 3 ? held.promise.then((answer) => answer.clone()) : undefined,
  });
  const child = project.start("push", "s", "good.epack");
  await until(async () => {
    if (store.stored.length < 3 || store.open() < 4) return false;
    const [journal] = (await journals(project)).filter((path) => path.endsWith(".upload"));
    return (await Deno.readTextFile(journal)).split("\n").length > 4;
  });
  child.kill("SIGKILL");
  await child.status;
  await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
  held.resolve(new Response(null, { status: 503 }));
  return store.stored;
}

Deno.test("push() after kill -9 in the middle sends only the parts that are missing", async () => {
  await using project = await partsProject();
  assert.deepEqual((await killedPush(project)).toSorted(), [1, 2, 3]);
  const journal = (await journals(project)).find((path) => path.endsWith(".upload")) ?? "";
  assert.equal(Deno.statSync(journal).mode, 0o100600);
  assert.equal(Deno.statSync(join(project.path, ".epack", "uploads")).mode, 0o40700);
  const pack = await project.read("good.epack") ?? new Uint8Array();
  await using store = await partsStore(project.store);
  const run = await project.epack("push", "s", "good.epack", "--json");
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(store.stored.toSorted(), [4, 5, 6, 7, 8]);
  const sent = store.received.reduce((sum, { body }) => sum + body.length, 0);
  assert.equal(sent, pack.length - 3 * project.partBytes);
  const { transfer } = JSON.parse(run.stdout);
  assert.deepEqual([transfer.bytes_sent, transfer.resumed_bytes], [sent, 3 * project.partBytes]);
  const asked = await commandsOf(project);
  assert.equal(asked.filter((command) => command === "upload.begin").length, 1);
  assert.equal(asked.filter((command) => command === "push.finalize").length, 1);
  assert.deepEqual(await project.read("store/store.epack"), pack);
  assert.deepEqual(await journals(project), []);
});

Deno.test("push --no-resume after kill -9 begins a new upload, and forgets the old one", async () => {
  await using project = await partsProject();
  await killedPush(project);
  await using store = await partsStore(project.store);
  const run = await project.epack("push", "s", "good.epack", "--no-resume");
  assert.equal(run.code, 0, run.stderr);
  assert.equal(store.stored.length, PARTS);
  assert.ok(!(await commandsOf(project)).includes("upload.status"));
  assert.deepEqual(await journals(project), []);
});

Deno.test("push() of another release does not go on with an upload that was cut off", async () => {
  await using project = await partsProject();
  await killedPush(project);
  await using store = await partsStore(project.store);
  const run = await project.epack("push", "s", "good.epack", "--notes", "another");
  assert.equal(run.code, 0, run.stderr);
  assert.equal(store.stored.length, PARTS);
  assert.equal((await journals(project)).filter((path) => path.endsWith(".upload")).length, 1);
});

/** What upload.status says of the three parts that are there: which are sent again, beside the five that are missing. */
const LIES: Record<string, { part: (number: number, size: number) => unknown; again: number[] }> = {
  "a wrong size": {
    part: (number, size) => ({ number, size_bytes: number === 2 ? size - 1 : size }),
    again: [1, 2, 3],
  },
  "a wrong digest": {
    part: (number, size) => ({ number, size_bytes: size, digest: `sha256:${"0".repeat(64)}` }),
    again: [1, 2, 3],
  },
  "a wrong etag": { part: (number, size) => ({ number, size_bytes: size, etag: '"0"' }), again: [1, 2, 3] },
  "neither digest nor etag": { part: (number, size) => ({ number, size_bytes: size }), again: [1, 2, 3] },
};

for (const [name, { part, again }] of Object.entries(LIES)) {
  Deno.test(`push() sends parts again of which the adapter gives ${name}`, async () => {
    await using project = await partsProject();
    await killedPush(project);
    await using store = await partsStore(project.store);
    const capabilities = {
      extensions: { "epack.multipart_upload": { version: 1, max_part_bytes: project.partBytes } },
    };
    const parts = [1, 2, 3].map((number) => part(number, project.partBytes));
    await project.script({ "--capabilities": capabilities, "upload.status": { parts } });
    const run = await project.epack("push", "s", "good.epack");
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual(store.stored.toSorted(), [...again, 4, 5, 6, 7, 8]);
    assert.deepEqual(await project.read("store/store.epack"), await project.read("good.epack"));
  });
}
