import assert from "node:assert/strict";
import { join } from "node:path";
import { collectPages, type Page } from "../../lib/workflow/collect_pages.ts";
import { epack, temporaryFolder } from "../epack.ts";
import { scriptedProject } from "./scripted_project.ts";

const EXTENSION = { extensions: { "epack.releases_list": { version: 1 } } };
const id = (item: string) => item;
const asked = { idOf: id, adapterName: "x" };

/** Pages of letters: `ab cd` is two of them. */
function pagesOf(text: string): (token?: string) => Promise<Page<string>> {
  const pages = text.split(" ").map((page) => [...page]);
  return (token = "0") => {
    const at = Number(token);
    return Promise.resolve({ items: pages[at], nextToken: at + 1 < pages.length ? String(at + 1) : undefined });
  };
}

const COLLECTED: [pages: string, most: number, items: string, more: boolean][] = [
  ["ab cd", 10, "abcd", false],
  ["ab cd", 4, "abcd", false],
  ["ab cd", 3, "abc", true],
  ["ab cd", 2, "ab", true],
  ["ab  cd", 10, "abcd", false],
  ["ab bc", 10, "abc", false],
  ["", 10, "", false],
];

for (const [pages, most, items, more] of COLLECTED) {
  Deno.test(`collectPages() makes of the pages "${pages}", at most ${most}, "${items}"${more ? " and more" : ""}`, async () => {
    const collected = await collectPages(pagesOf(pages), { ...asked, most });
    assert.deepEqual(collected, { items: [...items], more });
  });
}

Deno.test("collectPages() asks for no more than are wanted, and no more than the adapter gives at once", async () => {
  const sizes: number[] = [];
  const ask = (_: string | undefined, size: number) => {
    sizes.push(size);
    return Promise.resolve({ items: ["a"] });
  };
  await collectPages(ask, { ...asked, most: 5 });
  await collectPages(ask, { ...asked, most: 5000, pageSize: 7 });
  await collectPages(ask, { ...asked, most: 5000, pageSize: 700 });
  assert.deepEqual(sizes, [5, 7, 100]);
});

Deno.test("collectPages() stops at a page token that comes twice, pages that are too long, and pages without end", async () => {
  const most = 10_000;
  const faults: [string, string, (token?: string) => Promise<Page<string>>][] = [
    ["adapter_protocol", "same page token twice", () => Promise.resolve({ items: [], nextToken: "t" })],
    ["adapter_protocol", "101 releases on a page", () => Promise.resolve({ items: Array(101).fill("a") })],
    ["limit_exceeded", "200 pages", (token = "") => Promise.resolve({ items: [], nextToken: `${token}.` })],
  ];
  for (const [code, says, ask] of faults) {
    await assert.rejects(collectPages(ask, { ...asked, most }), (error: Error & { code: string }) => {
      assert.equal(error.code, code);
      assert.match(error.message, new RegExp(says));
      return true;
    });
  }
});

Deno.test("remote releases shows what was pushed to a filesystem remote, page by page, the newest first", async () => {
  await using folder = temporaryFolder();
  const { path } = folder;
  const run = (...args: string[]) => epack(args, { cwd: path });
  await Deno.mkdir(join(path, "store"));
  await Deno.writeTextFile(
    join(path, "epack.yaml"),
    `stream: acme/prod\nremotes: {local: {adapter: filesystem, transport: {file_root: "${path}/store"}}}\n`,
  );
  await Deno.writeTextFile(join(path, "evidence.txt"), "evidence");
  await run("build", "e.epack", "evidence.txt");
  const none = await run("remote", "releases", "local");
  assert.deepEqual([none.code, none.stdout], [0, "No releases.\n"]);
  for (const label of ["one", "two", "three"]) {
    const pushed = await run("push", "local", "e.epack", "--label", label, "--notes", `notes of ${label}`);
    assert.equal(pushed.code, 0, pushed.stderr);
  }
  const listed = await run("remote", "releases", "local", "--json");
  const { releases, more } = JSON.parse(listed.stdout);
  assert.deepEqual(releases.map(({ version }: { version: string }) => version), ["v3", "v2", "v1"]);
  assert.equal(more, false);
  const pack = await Deno.stat(join(path, "e.epack"));
  assert.deepEqual([releases[2].size, releases[2].labels, releases[2].notes], [pack.size, ["one"], "notes of one"]);
  assert.match(releases[0].pack_digest, /^sha256:/);

  const two = JSON.parse((await run("remote", "releases", "local", "--limit", "2", "--json")).stdout);
  assert.deepEqual([two.releases.length, two.more], [2, true]);
  const shown = await run("remote", "releases", "local", "--limit", "1");
  assert.match(shown.stdout, /v3 .*acme\/prod .*three\nThere are more: --all\n$/);
  const other = await run("remote", "releases", "local", "--stream", "other/stream");
  assert.equal(other.stdout, "No releases.\n");
});

Deno.test("remote releases sends nothing to an adapter that does not offer it", async () => {
  await using project = await scriptedProject();
  for (const extensions of [undefined, { "epack.releases_list": { version: 2 } }, { "epack.releases_list": true }]) {
    await project.script({ "--capabilities": { extensions } });
    const run = await project.epack("remote", "releases", "s", "--json");
    assert.deepEqual([run.code, JSON.parse(run.stdout).error.code], [1, "unsupported"]);
  }
  assert.ok((await project.asked()).every(({ command }) => command === "--capabilities"));
});

Deno.test("remote releases asks a native adapter with the target, and cleans what it says", async () => {
  await using project = await scriptedProject();
  await project.script({
    "--capabilities": EXTENSION,
    "releases.list": { releases: [{ release_id: "rel\u001b[2J", version: "v1", notes: null, labels: null }] },
  });
  const run = await project.epack("remote", "releases", "s", "--stream", "acme/prod", "--workspace", "w");
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /rel\\u\{1b\}\[2J/);
  const [, { request }] = await project.asked();
  assert.deepEqual(request.target, { workspace: "w", stream: "acme/prod" });
  assert.equal(request.page_size, 30);
});

const digest = `sha256:${"0".repeat(64)}`;
const HOSTILE: Record<string, { answer: unknown; says: RegExp }> = {
  "the same page token for ever": { answer: { releases: [], next_page_token: "t" }, says: /page token twice/ },
  "a page token that is too long": { answer: { next_page_token: "t".repeat(5000) }, says: /next_page_token/ },
  "a page token that is no text": { answer: { next_page_token: 1 }, says: /next_page_token/ },
  "releases that are no list": { answer: { releases: { release_id: "r" } }, says: /releases/ },
  "more releases than asked for": {
    answer: { releases: Array.from({ length: 31 }, (_, at) => ({ release_id: `r${at}` })) },
    says: /31 releases on a page of at most 30/,
  },
  "a release without an id": { answer: { releases: [{ version: "v1" }] }, says: /releases\.0\.release_id/ },
  "a release that is a text": { answer: { releases: ["r"] }, says: /releases\.0/ },
  "an id that is too long": { answer: { releases: [{ release_id: "r".repeat(501) }] }, says: /release_id/ },
  "notes that are too long": { answer: { releases: [{ release_id: "r", notes: "n".repeat(4001) }] }, says: /notes/ },
  "too many labels": { answer: { releases: [{ release_id: "r", labels: Array(51).fill("l") }] }, says: /labels/ },
  "a digest that is none": { answer: { releases: [{ release_id: "r", pack_digest: "x" }] }, says: /pack_digest/ },
  "a negative size": {
    answer: { releases: [{ release_id: "r", file_digest: digest, size_bytes: -1 }] },
    says: /size_bytes/,
  },
  "a time that is none": { answer: { releases: [{ release_id: "r", created_at: "today" }] }, says: /created_at/ },
};

Deno.test("remote releases refuses hostile answers with one clear error", async (t) => {
  await using project = await scriptedProject();
  for (const [what, { answer, says }] of Object.entries(HOSTILE)) {
    await t.step(what, async () => {
      await project.script({ "--capabilities": EXTENSION, "releases.list": answer });
      const run = await project.epack("remote", "releases", "s", "--json");
      const { error } = JSON.parse(run.stdout);
      assert.deepEqual([run.code, error.code], [1, "adapter_protocol"], run.stdout);
      assert.match(error.message, says);
    });
  }
});
