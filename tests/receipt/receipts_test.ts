import assert from "node:assert/strict";
import { join } from "node:path";
import { listReceipts, readReceipt } from "../../lib/receipt/mod.ts";
import { temporaryFolder } from "../epack.ts";
import { scriptedProject } from "../workflow/scripted_project.ts";

const DIGEST = `sha256:${"ab12".repeat(16)}`;

/** As the Go tool writes it: its fields, their order, no others. */
function goPush(fields: Record<string, unknown> = {}) {
  return {
    receipt_version: 1,
    created_at: "2026-01-02T03:04:05.678901234Z",
    remote: "prod",
    target: { workspace: "acme", environment: "" },
    pack: { path: "packs/evidence.epack", digest: DIGEST, size_bytes: 12 },
    release: {
      release_id: "rel_1",
      pack_digest: DIGEST,
      created_at: "0001-01-01T00:00:00Z",
      canonical_ref: "acme@v1",
    },
    runs: { synced: null, failed: null },
    client: { epack_version: "v0.1.34", os: "linux", arch: "amd64" },
    ...fields,
  };
}

function goPull(fields: Record<string, unknown> = {}) {
  return {
    receipt_version: 1,
    created_at: "2026-01-03T03:04:05Z",
    remote: "prod",
    target: { workspace: "acme", environment: "prod" },
    pack: {
      output_path: "acme-prod.epack",
      digest: DIGEST,
      size_bytes: 0,
      stream: "acme/prod",
      created_at: "2026-01-02T03:04:05Z",
      release_id: "rel_1",
    },
    verified: true,
    client: { epack_version: "v0.1.34", os: "linux", arch: "amd64" },
    ...fields,
  };
}

/** A project's folder with these files below .epack/receipts. */
async function receiptsFolder(files: Record<string, unknown>) {
  const folder = temporaryFolder();
  await Deno.writeTextFile(join(folder.path, "epack.yaml"), "remotes: {}\n");
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder.path, ".epack", "receipts", name);
    await Deno.mkdir(join(path, ".."), { recursive: true });
    await Deno.writeTextFile(path, typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

Deno.test("listReceipts() reads what the Go tool writes, the newest first", async () => {
  await using folder = await receiptsFolder({
    "push/prod/20260102_030405_ab12ab12.json": goPush(),
    "pull/prod/20260103_030405_ab12ab12.json": goPull(),
  });
  const { receipts, damaged } = await listReceipts(folder.path);
  assert.deepEqual(damaged, []);
  assert.deepEqual(receipts.map(({ kind }) => kind), ["pull", "push"]);
  const [pull, push] = receipts.map(({ receipt }) => receipt);
  assert.deepEqual([pull.announced, pull.packDigest, pull.releaseId], [DIGEST, undefined, "rel_1"]);
  assert.deepEqual([push.packDigest, push.packPath, push.version], [DIGEST, "packs/evidence.epack", undefined]);
});

Deno.test("listReceipts() puts receipts of one second in the order they were written", async () => {
  const at = { created_at: "2026-01-02T03:04:05Z" };
  await using folder = await receiptsFolder({
    "push/prod/20260102_030405_ab12ab12.json": goPush(at),
    "push/prod/20260102_030405_ab12ab12_2.json": goPush(at),
    "push/prod/20260102_030405_ab12ab12_10.json": goPush(at),
  });
  const { receipts } = await listReceipts(folder.path);
  assert.deepEqual(receipts.map(({ name }) => name.slice(16)), ["ab12ab12_10", "ab12ab12_2", "ab12ab12"]);
});

Deno.test("listReceipts() filters by remote, kind, time, digest and number", async () => {
  await using folder = await receiptsFolder({
    "push/prod/20260102_030405_ab12ab12.json": goPush(),
    "pull/prod/20260103_030405_ab12ab12.json": goPull(),
    "push/other/20260104_030405_ab12ab12.json": goPush({ remote: "other", created_at: "2026-01-04T03:04:05Z" }),
  });
  const names = async (filter: Parameters<typeof listReceipts>[1]) =>
    (await listReceipts(folder.path, filter)).receipts.map(({ kind, receipt }) => `${kind} ${receipt.remote}`);
  assert.deepEqual(await names({ remote: "prod" }), ["pull prod", "push prod"]);
  assert.deepEqual(await names({ kind: "push" }), ["push other", "push prod"]);
  assert.deepEqual(await names({ since: new Date("2026-01-03") }), ["push other", "pull prod"]);
  assert.deepEqual(await names({ limit: 1 }), ["push other"]);
  assert.deepEqual(await names({ digest: "sha256:ab12" }), ["push other", "pull prod", "push prod"]);
  assert.deepEqual(await names({ digest: "b1" }), []);
});

const DAMAGED: Record<string, { file?: string; content: unknown; says: RegExp }> = {
  "no JSON": { content: "{", says: /ends too early|lacks a key/ },
  "no object": { content: "[]", says: /no JSON object/ },
  "another version": { content: goPush({ receipt_version: 2 }), says: /receipt_version: is not 1/ },
  "no time": { content: goPush({ created_at: "yesterday" }), says: /created_at/ },
  "no digest": { content: goPush({ pack: { path: "x", digest: "md5:1", size_bytes: 1 } }), says: /pack.digest/ },
  "a negative size": { content: goPush({ pack: { path: "x", digest: DIGEST, size_bytes: -1 } }), says: /size_bytes/ },
  "no pack": { content: goPush({ pack: { digest: DIGEST, size_bytes: 1 } }), says: /names neither/ },
  "another release": {
    content: goPush({ release: { release_id: "r", pack_digest: `sha256:${"0".repeat(64)}` } }),
    says: /different digests/,
  },
  "another remote's": { content: goPush({ remote: "evil\u001b[2J" }), says: /of remote "evil\\u001b\[2J"/ },
  "a pull's, among pushes": { content: goPull(), says: /of a pull, among those of a push/ },
  "too large": { content: " ".repeat(1024 * 1024 + 1), says: /bytes; at most/ },
  "a key twice": { content: '{"receipt_version": 1, "receipt_version": 1}', says: /twice/ },
};

for (const [what, { content, says }] of Object.entries(DAMAGED)) {
  Deno.test(`listReceipts() names a damaged receipt beside the others: ${what}`, async () => {
    await using folder = await receiptsFolder({
      "push/prod/20260101_000000_00000000.json": content,
      "push/prod/20260102_030405_ab12ab12.json": goPush(),
    });
    const { receipts, damaged } = await listReceipts(folder.path);
    assert.equal(receipts.length, 1);
    assert.equal(damaged.length, 1);
    assert.match(damaged[0].reason, says);
    assert.match(damaged[0].path, /20260101_000000_00000000\.json$/);
  });
}

Deno.test("listReceipts() follows no link: of a receipt it says so, a folder of them is refused", async () => {
  await using folder = await receiptsFolder({ "push/prod/20260102_030405_ab12ab12.json": goPush() });
  const real = join(folder.path, ".epack/receipts/push/prod");
  await Deno.symlink(join(real, "20260102_030405_ab12ab12.json"), join(real, "20260109_000000_x.json"));
  const { receipts, damaged } = await listReceipts(folder.path);
  assert.equal(receipts.length, 1);
  assert.match(damaged[0].reason, /is a link/);
  await Deno.symlink(real, join(folder.path, ".epack/receipts/push/linked"));
  await assert.rejects(listReceipts(folder.path), { code: "file_refused" });
});

Deno.test("readReceipt() takes a receipt from anywhere, and tells its kind", async () => {
  await using folder = await receiptsFolder({ "../../mine.json": goPull() });
  assert.equal((await readReceipt(join(folder.path, "mine.json"))).kind, "pull");
});

Deno.test("receipts list|show|verify name what a push and a pull did", async () => {
  await using project = await scriptedProject();
  assert.equal((await project.epack("push", "s", "good.epack")).code, 0);
  assert.equal((await project.epack("pull", "s", "-o", "back.epack")).code, 0);

  const listed = JSON.parse((await project.epack("receipts", "list", "--json")).stdout);
  assert.deepEqual(listed.receipts.map(({ kind }: { kind: string }) => kind).sort(), ["pull", "push"]);
  assert.deepEqual(listed.damaged, []);
  assert.equal((await project.epack("receipts", "list", "--kind", "push")).stdout.trim().split("\n").length, 1);

  const latest = JSON.parse((await project.epack("receipts", "show", "latest", "--json")).stdout);
  const shown = await project.epack("receipts", "show", `${latest.kind}/s/${latest.receipt.slice(0, 10)}`);
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /pack\.size_bytes: \d+/);
  assert.equal((await project.epack("receipts", "show", latest.path)).code, 0);

  const all = await project.epack("receipts", "verify", "--all", "--json");
  assert.equal(all.code, 0, all.stdout);
  assert.equal(JSON.parse(all.stdout).unchanged, 2);
});

Deno.test("receipts verify says which pack is changed or missing, and ends as the first of them", async () => {
  await using project = await scriptedProject();
  await project.epack("pull", "s", "-o", "back.epack");
  const pack = await Deno.readFile(join(project.path, "back.epack"));
  // a byte in the middle: inside of an artifact
  pack[pack.length >> 1] ^= 1;
  await Deno.writeFile(join(project.path, "back.epack"), pack);
  const changed = await project.epack("receipts", "verify", "latest", "--json");
  assert.equal(changed.code, 2, changed.stdout);
  assert.equal(JSON.parse(changed.stdout).receipts[0].status, "changed");

  await Deno.remove(join(project.path, "back.epack"));
  const missing = await project.epack("receipts", "verify", "latest");
  assert.equal(missing.code, 20);
  assert.match(missing.stdout, /missing .*back\.epack/);

  await project.epack("push", "s", "good.epack");
  const both = await project.epack("receipts", "verify", "--all", "--json");
  assert.equal(both.code, 20);
  const { unchanged, missing: gone } = JSON.parse(both.stdout);
  assert.deepEqual([unchanged, gone], [1, 1]);
});

Deno.test("receipts verify takes another good pack in its place for changed", async () => {
  await using project = await scriptedProject();
  await project.epack("push", "s", "good.epack");
  await Deno.writeTextFile(join(project.path, "other.txt"), "other");
  await project.epack("build", "good.epack", "other.txt", "--force");
  const run = await project.epack("receipts", "verify", "latest");
  assert.equal(run.code, 2);
  assert.match(run.stdout, /the receipt says sha256:|the receipt says \d+/);
});

Deno.test("receipts verify compares the file of a pull that was not verified", async () => {
  await using project = await scriptedProject();
  await project.epack("pull", "s", "-o", "back.epack", "--verify=false");
  assert.equal((await project.epack("receipts", "verify", "latest")).code, 0);
  await Deno.writeTextFile(join(project.path, "back.epack"), "no pack");
  assert.equal((await project.epack("receipts", "verify", "latest")).code, 2);
});

Deno.test("receipts verify of a damaged receipt ends with 1, alone and beside good ones", async () => {
  await using project = await scriptedProject();
  await project.epack("push", "s", "good.epack");
  const folder = join(project.path, ".epack/receipts/push/s");
  await Deno.writeTextFile(join(folder, "20200101_000000_00000000.json"), "{}");
  const named = await project.epack("receipts", "verify", "20200101");
  assert.equal(named.code, 1);
  assert.match(named.stderr, /is damaged/);
  const all = await project.epack("receipts", "verify", "--all");
  assert.equal(all.code, 1);
  assert.match(all.stdout, /^unchanged .*\nreceipt invalid /);
});

Deno.test("receipts show says what is wrong with a name: none begins so, several do", async () => {
  await using folder = await receiptsFolder({
    "push/prod/20260102_030405_ab12ab12.json": goPush(),
    "pull/prod/20260103_030405_ab12ab12.json": goPull(),
  });
  const { epack } = await import("../epack.ts");
  const none = await epack(["receipts", "show", "2030"], { cwd: folder.path });
  assert.deepEqual([none.code, /there is no receipt "2030"/.test(none.stderr)], [20, true]);
  const several = await epack(["receipts", "show", "2026"], { cwd: folder.path });
  assert.deepEqual([several.code, /2 receipts begin with "2026"/.test(several.stderr)], [1, true]);
});

Deno.test("a receipt's texts are shown without their control characters", async () => {
  await using folder = await receiptsFolder({
    "push/prod/20260102_030405_ab12ab12.json": goPush({ links: { "a\u001b]0;x\u0007": "b\u001b[2J\u202e" } }),
  });
  const { epack } = await import("../epack.ts");
  for (const args of [["receipts", "show", "latest"], ["receipts", "show", "latest", "--json"]]) {
    const { stdout } = await epack(args, { cwd: folder.path });
    assert.doesNotMatch(stdout, /[\u001b\u0007\u202e]/);
  }
});

Deno.test("a shell is offered remotes and receipts", async () => {
  await using folder = await receiptsFolder({ "push/prod/20260102_030405_ab12ab12.json": goPush() });
  await Deno.writeTextFile(join(folder.path, "epack.yaml"), "remotes: {prod: {adapter: filesystem}}\n");
  const { epack } = await import("../epack.ts");
  const offered = async (...words: string[]) => {
    const { stdout } = await epack(["__complete", ...words], { cwd: folder.path });
    return stdout.trim().split("\n").map((line) => line.split("\t")[0]);
  };
  assert.ok((await offered("receipts", "show", "")).includes("20260102_030405_ab12ab12"));
  assert.ok((await offered("receipts", "show", "la")).includes("latest"));
  assert.ok((await offered("receipts", "list", "--remote", "")).includes("prod"));
});

Deno.test({
  name: "a push whose receipt could not be written sends nothing",
  ignore: Deno.build.os !== "linux" || Deno.uid() !== 0,
  async fn() {
    await using project = await scriptedProject();
    assert.equal((await project.epack("push", "s", "good.epack")).code, 0);
    const asked = (await project.asked()).length;
    const folder = join(project.path, ".epack/receipts/push/s");
    await Deno.chmod(folder, 0o500);
    const run = await project.epackPlain("push", "s", "good.epack");
    await Deno.chmod(folder, 0o700);
    assert.equal(run.code, 1);
    assert.match(run.stderr, /folder of receipts/);
    assert.doesNotMatch(run.stdout, /Pushed/);
    assert.equal((await project.asked()).length, asked);
  },
});
