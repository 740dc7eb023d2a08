import assert from "node:assert/strict";
import { join } from "node:path";
import { digestOf } from "../../lib/digest/mod.ts";
import { partsStore } from "../servers/parts_store.ts";
import { CRASH, errorAnswer } from "./answers.ts";
import { commandsOf, journals, killedPush, PARTS, type PartsProject, partsProject, until } from "./parts_project.ts";

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

Deno.test("push() that ends by SIGINT in the middle leaves what the next push goes on with", async () => {
  await using project = await partsProject();
  const held = Promise.withResolvers<undefined>();
  {
    await using store = await partsStore(project.store, { first: (part) => part > 3 ? held.promise : undefined });
    const child = project.start("push", "s", "good.epack");
    await until(() => store.stored.length === 3 && store.open() === 4, { unless: child });
    child.kill("SIGINT");
    const { code, stderr } = await child.output();
    assert.equal(code, 130);
    assert.match(new TextDecoder().decode(stderr), /interrupted by SIGINT/);
    held.resolve(undefined);
  }
  assert.equal((await journals(project)).filter((path) => path.endsWith(".owner")).length, 0);
  await using store = await partsStore(project.store);
  const run = await project.epack("push", "s", "good.epack");
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /Uploading what is missing: .+ are there already/);
  assert.ok(store.stored.length <= PARTS - 3);
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

/** A part as the store has it. */
interface Listed {
  number: number;
  size_bytes: number;
  digest?: string;
  etag?: string;
}

/** What upload.status says of the three parts that are there, and which are sent again beside the five that are missing. */
const LIES: Record<string, { says: (truth: Listed[]) => Listed[]; again: number[] }> = {
  "a wrong size": {
    says: ([one, two, three]) => [one, { ...two, size_bytes: two.size_bytes - 1 }, three],
    again: [2],
  },
  "a wrong digest": {
    says: ([one, two, three]) => [one, two, { ...three, digest: `sha256:${"0".repeat(64)}` }],
    again: [3],
  },
  "no digest and a wrong etag": {
    says: ([one, two, three]) => [{ ...one, digest: undefined, etag: '"0"' }, two, three],
    again: [1],
  },
  "no digest and no etag": {
    says: (truth) => truth.map(({ number, size_bytes }) => ({ number, size_bytes })),
    again: [1, 2, 3],
  },
  "one of them twice": { says: ([one, two, three]) => [one, one, two, three], again: [1, 2, 3] },
  "nothing of one": { says: ([one, , three]) => [one, three], again: [2] },
  "a part that was never sent": {
    says: ([one, ...more]) => [one, ...more, { number: 8, size_bytes: one.size_bytes, digest: one.digest }],
    again: [],
  },
};

for (const [name, { says, again }] of Object.entries(LIES)) {
  Deno.test(`push() goes on with an upload of which the adapter says ${name}, and sends what it cannot know to be there`, async () => {
    await using project = await partsProject();
    await killedPush(project);
    await using store = await partsStore(project.store);
    const pack = await project.read("good.epack") ?? new Uint8Array();
    const truth = [0, 1, 2].map((at) => ({
      number: at + 1,
      size_bytes: project.partBytes,
      digest: digestOf(pack.subarray(at * project.partBytes, (at + 1) * project.partBytes)),
    }));
    await project.scriptParts({ "upload.status": { parts: says(truth) } });
    const run = await project.epack("push", "s", "good.epack");
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual(store.stored.toSorted(), [...again, 4, 5, 6, 7, 8]);
    assert.deepEqual(await project.read("store/store.epack"), pack);
  });
}

Deno.test("push() goes on by the store's etags where it knows no digests", async () => {
  await using project = await partsProject();
  await killedPush(project);
  await using store = await partsStore(project.store);
  const [begin] = (await project.asked()).filter(({ command }) => command === "upload.begin");
  const etagOf = (number: number) =>
    Deno.readTextFile(join(project.store, "uploads", String(begin.request.request_id), `${number}.etag`));
  const parts = await Promise.all(
    [1, 2, 3].map(async (number) => ({ number, size_bytes: project.partBytes, etag: await etagOf(number) })),
  );
  await project.scriptParts({ "upload.status": { parts } });
  const run = await project.epack("push", "s", "good.epack");
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(store.stored.toSorted(), [4, 5, 6, 7, 8]);
});

Deno.test("push() begins anew when the adapter does not know the upload any more", async () => {
  await using project = await partsProject();
  await killedPush(project);
  await using store = await partsStore(project.store);
  await project.scriptParts({ "upload.status": errorAnswer("not_found") });
  const run = await project.epack("push", "s", "good.epack");
  assert.equal(run.code, 0, run.stderr);
  assert.equal(store.stored.length, PARTS);
  assert.deepEqual(await journals(project), []);
});

Deno.test("push() keeps what it could go on with when the adapter wants a login first", async () => {
  await using project = await partsProject();
  await killedPush(project);
  await project.scriptParts({ "upload.status": errorAnswer("auth_required") });
  assert.equal((await project.epack("push", "s", "good.epack")).code, 1);
  await using store = await partsStore(project.store);
  await project.scriptParts({});
  const run = await project.epack("push", "s", "good.epack");
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(store.stored.toSorted(), [4, 5, 6, 7, 8]);
});

Deno.test("push() goes on from a journal whose last line was cut off", async () => {
  await using project = await partsProject();
  await killedPush(project);
  const journal = (await journals(project)).find((path) => path.endsWith(".upload")) ?? "";
  const text = await Deno.readTextFile(journal);
  await Deno.writeTextFile(journal, text.trimEnd().slice(0, -5));
  await using store = await partsStore(project.store);
  const run = await project.epack("push", "s", "good.epack");
  assert.equal(run.code, 0, run.stderr);
  assert.equal(store.stored.length, 5);
});

for (
  const [what, content] of Object.entries({
    "nonsense": "{",
    "nothing": "",
    "another upload's words": '{"upload_journal":1,"key":"k","upload_id":"u","finalize_token":"t","part_bytes":9}\n',
  })
) {
  Deno.test(`push() begins anew when the journal holds ${what}`, async () => {
    await using project = await partsProject();
    await killedPush(project);
    const journal = (await journals(project)).find((path) => path.endsWith(".upload")) ?? "";
    await Deno.writeTextFile(journal, content);
    await using store = await partsStore(project.store);
    const run = await project.epack("push", "s", "good.epack");
    assert.equal(run.code, 0, run.stderr);
    assert.equal(store.stored.length, PARTS);
    assert.deepEqual(await journals(project), []);
  });
}

Deno.test("push() removes journals that are a week old, whatever they are of", async () => {
  await using project = await partsProject();
  await killedPush(project);
  const journal = (await journals(project)).find((path) => path.endsWith(".upload")) ?? "";
  const before = new Date(Date.now() - 8 * 24 * 3_600_000);
  await Deno.utime(journal, before, before);
  await using _store = await partsStore(project.store);
  const run = await project.epack("push", "s", "good.epack", "--notes", "another");
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(await journals(project), []);
});

Deno.test("push() beside a running push of the same pack has an upload of its own", async () => {
  await using project = await partsProject();
  const held = Promise.withResolvers<undefined>();
  let running: string | undefined;
  await using store = await partsStore(project.store, {
    first: (_part, { path }) => {
      const [, , upload] = path.split("/");
      running ??= upload;
      return upload === running ? held.promise : undefined;
    },
  });
  const child = project.start("push", "s", "good.epack");
  await until(() => store.open() >= 4, { unless: child });
  const run = await project.epack("push", "s", "good.epack");
  assert.equal(run.code, 0, run.stderr);
  assert.equal(store.stored.length, PARTS);
  held.resolve(undefined);
  assert.equal((await child.output()).code, 0);
  const asked = await project.asked();
  const tokens = asked.filter(({ command }) => command === "push.finalize").map(({ request }) =>
    request.finalize_token
  );
  assert.equal(new Set(tokens).size, 2);
  assert.ok(!asked.some(({ command }) => command === "upload.status"));
  assert.deepEqual(await journals(project), []);
});

/** Kills a push after it has sent push.finalize, which gets no answer. */
async function killedInFinalize(project: PartsProject): Promise<void> {
  await project.scriptParts({ "push.finalize": { do: "sleep 30" } });
  await using _store = await partsStore(project.store);
  const child = project.start("push", "s", "good.epack");
  await until(async () => (await commandsOf(project)).includes("push.finalize"), { unless: child });
  child.kill("SIGKILL");
  await child.status;
  await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
}

Deno.test("push() after kill -9 at push.finalize asks for the same release again, and for no other", async () => {
  await using project = await partsProject();
  await killedInFinalize(project);
  await project.scriptParts({});
  const run = await project.epack("push", "s", "good.epack", "--json");
  assert.equal(run.code, 0, run.stderr);
  const { release_id, transfer } = JSON.parse(run.stdout);
  assert.equal(release_id, "rel_1");
  assert.deepEqual([transfer.bytes_sent, transfer.resumed_bytes], [0, (await project.read("good.epack"))?.length]);
  const asked = await project.asked();
  const after = asked.slice(asked.findIndex(({ command }) => command === "push.finalize") + 1);
  assert.deepEqual(after.map(({ command }) => command), ["--capabilities", "push.finalize"]);
  const tokens = asked.filter(({ command }) => command === "push.finalize").map(({ request }) =>
    request.finalize_token
  );
  assert.equal(new Set(tokens).size, 1);
  assert.deepEqual(await journals(project), []);
});

Deno.test("push() after kill -9 at push.finalize asks for the same release also when the adapter offers no parts any more", async () => {
  await using project = await partsProject();
  await killedInFinalize(project);
  await project.script({});
  const run = await project.epack("push", "s", "good.epack");
  assert.equal(run.code, 0, run.stderr);
  const asked = await commandsOf(project);
  assert.deepEqual(asked.slice(asked.indexOf("push.finalize") + 1), ["--capabilities", "push.finalize"]);
  const again = await project.epack("push", "s", "good.epack");
  assert.equal(again.code, 0, again.stderr);
  assert.equal((await commandsOf(project)).at(-2), "push.prepare");
});

Deno.test("push() after kill -9 at push.finalize says that the release may have been made until --no-resume", async () => {
  await using project = await partsProject();
  await killedInFinalize(project);
  await project.scriptParts({ "push.finalize": errorAnswer("not_found") });
  for (let time = 0; time < 2; time++) {
    const run = await project.epack("push", "s", "good.epack", "--json");
    const { error } = JSON.parse(run.stdout);
    assert.deepEqual([run.code, error.code, error.may_be_released], [1, "adapter_error", true]);
    assert.match(error.hint, /--no-resume/);
  }
  assert.equal((await commandsOf(project)).filter((command) => command === "upload.begin").length, 1);
  await project.scriptParts({});
  await using store = await partsStore(project.store);
  const run = await project.epack("push", "s", "good.epack", "--no-resume");
  assert.equal(run.code, 0, run.stderr);
  assert.equal(store.stored.length, PARTS);
  assert.deepEqual(await journals(project), []);
});

Deno.test("push() whose release was refused keeps its upload for the next push", async () => {
  await using project = await partsProject();
  await project.scriptParts({ "push.finalize": { times: 1, ...errorAnswer("forbidden") } });
  await using store = await partsStore(project.store);
  assert.equal((await project.epack("push", "s", "good.epack")).code, 1);
  const run = await project.epack("push", "s", "good.epack");
  assert.equal(run.code, 0, run.stderr);
  assert.equal(store.stored.length, PARTS);
  assert.deepEqual(await journals(project), []);
});

Deno.test("push() of an upload in parts survives an adapter that crashes at push.finalize", async () => {
  await using project = await partsProject({ "push.finalize": { times: 1, ...CRASH } });
  await using store = await partsStore(project.store);
  const run = await project.epack("push", "s", "good.epack");
  assert.equal(run.code, 0, run.stderr);
  assert.equal(store.stored.length, PARTS);
  assert.deepEqual(await journals(project), []);
});
