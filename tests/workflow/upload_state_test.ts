import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { digestOf } from "../../lib/digest/mod.ts";
import { beginningLine, readJournal } from "../../lib/workflow/upload_journal.ts";
import { UploadState, type UploadStateOptions } from "../../lib/workflow/upload_state.ts";
import { temporaryFolder } from "../epack.ts";

const upload = { upload_id: "id-of-upload", finalize_token: "token", part_bytes: 10 };
const part = (number: number) => ({ part: number, digest: digestOf(String(number)), etag: `"${number}"` });

const open = (projectRoot: string, options: Partial<UploadStateOptions> = {}) =>
  UploadState.open({ projectRoot, tiedTo: { pack: "a" }, resume: true, now: new Date(), ...options });

/** Leaves a journal as a push does that was cut off. */
async function leave(
  folder: string,
  options: Partial<UploadStateOptions> & { expiresAt?: string } = {},
): Promise<void> {
  using state = await open(folder, options);
  state.begin({ ...upload, expires_at: options.expiresAt });
  state.add(part(2));
  state.add(part(1));
}

const names = (folder: string) => [...Deno.readDirSync(join(folder, ".epack", "uploads"))].map(({ name }) => name);

Deno.test("readJournal() reads what was written before a cut, wherever it was cut", () => {
  const lines = [1, 2, 3, 4].map((number) => JSON.stringify(part(number)) + "\n");
  const first = beginningLine({ ...upload, key: "k" });
  const whole = first + lines.join("");
  fc.assert(fc.property(fc.integer({ min: 0, max: whole.length }), (end) => {
    const saved = readJournal(whole.slice(0, end));
    if (end < first.length - 1) return assert.equal(saved, undefined);
    const written = whole.slice(first.length, end).split("\n");
    // the last line may lack its line feed alone
    const complete = written.filter((line) => lines.includes(`${line}\n`)).length;
    assert.deepEqual([...saved?.sent.keys() ?? []], [1, 2, 3, 4].slice(0, complete));
    assert.equal(saved?.upload_id, upload.upload_id);
  }));
});

Deno.test("readJournal() believes the last word about push.finalize", () => {
  const text = (...ends: boolean[]) =>
    beginningLine({ ...upload, key: "k" }) + ends.map((finalizing) => JSON.stringify({ finalizing }) + "\n").join("");
  assert.equal(readJournal(text())?.finalizing, false);
  assert.equal(readJournal(text(true))?.finalizing, true);
  assert.equal(readJournal(text(true, false))?.finalizing, false);
  assert.equal(readJournal(text(true, false, true))?.finalizing, true);
});

Deno.test("UploadState.open() gives a journal that was left to one of many at the same time, and to no other later", async () => {
  await using folder = temporaryFolder();
  await leave(folder.path);
  const states = await Promise.all(Array.from({ length: 8 }, () => open(folder.path)));
  const taken = states.filter(({ saved }) => saved !== undefined);
  assert.equal(taken.length, 1);
  assert.deepEqual([...taken[0].saved?.sent.keys() ?? []], [2, 1]);
  assert.equal((await open(folder.path)).saved, undefined, "it is in use");
  for (const state of states) state[Symbol.dispose]();
  using next = await open(folder.path);
  assert.equal(next.saved?.upload_id, upload.upload_id, "it was left again");
});

Deno.test("UploadState.open() does not give a journal of something else", async () => {
  await using folder = temporaryFolder();
  await leave(folder.path);
  using other = await open(folder.path, { tiedTo: { pack: "b" } });
  assert.equal(other.saved, undefined);
  using same = await open(folder.path);
  assert.notEqual(same.saved, undefined);
});

Deno.test("UploadState.open() without resume removes what was left of the same, and nothing else", async () => {
  await using folder = temporaryFolder();
  await leave(folder.path);
  await leave(folder.path, { tiedTo: { pack: "b" } });
  using state = await open(folder.path, { resume: false });
  assert.equal(state.saved, undefined);
  assert.equal(names(folder.path).length, 1);
});

Deno.test("UploadState.open() gives no upload whose time is over, but one whose release may have been made", async () => {
  await using folder = temporaryFolder();
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  const later = { now: new Date(Date.now() + 3_601_000) };
  await leave(folder.path, { expiresAt });
  using over = await open(folder.path, later);
  assert.equal(over.saved, undefined);
  assert.deepEqual(names(folder.path), []);
  {
    using state = await open(folder.path);
    state.begin({ ...upload, expires_at: expiresAt });
    state.add({ finalizing: true });
  }
  using again = await open(folder.path, later);
  assert.equal(again.saved?.finalizing, true);
});

Deno.test("UploadState writes for its owner alone, and refuses a folder that is a link", async () => {
  await using folder = temporaryFolder();
  await leave(folder.path);
  const [name] = names(folder.path);
  assert.equal(Deno.statSync(join(folder.path, ".epack", "uploads", name)).mode, 0o100600);
  assert.equal(Deno.statSync(join(folder.path, ".epack", "uploads")).mode, 0o40700);
  await using other = temporaryFolder();
  await Deno.mkdir(join(other.path, ".epack"));
  await Deno.symlink(folder.path, join(other.path, ".epack", "uploads"));
  await assert.rejects(open(other.path), { code: "file_refused" });
});

Deno.test("UploadState leaves nothing when it is removed", async () => {
  await using folder = temporaryFolder();
  {
    using state = await open(folder.path);
    state.begin(upload);
    state.add(part(1));
    state.remove();
    state.add(part(2));
  }
  assert.deepEqual(names(folder.path), []);
});
