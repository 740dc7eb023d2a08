import assert from "node:assert/strict";
import { join } from "node:path";
import { confineBelow, confineOpen, openRegular } from "../../lib/files/mod.ts";
import { temporaryFolder } from "../epack.ts";

/** A root with `a/b/c/file`, and a folder beside it with the same below. */
async function twoTrees() {
  const folder = temporaryFolder();
  const root = join(folder.path, "root");
  const outside = join(folder.path, "outside");
  for (const top of [root, outside]) {
    await Deno.mkdir(join(top, "a", "b", "c"), { recursive: true });
    await Deno.writeTextFile(join(top, "a", "b", "c", "file"), top);
  }
  return { ...folder, root, outside };
}

const COMPONENTS = ["a", "a/b", "a/b/c", "a/b/c/file"];
for (const component of COMPONENTS) {
  Deno.test(`confineBelow() refuses a link at ${component}, wherever it points`, async () => {
    await using trees = await twoTrees();
    const path = join(trees.root, "a", "b", "c", "file");
    assert.equal(await confineBelow(trees.root, path), path);
    const targets = [join(trees.outside, component), join(trees.root, "moved"), "nowhere", join(trees.root, component)];
    await Deno.rename(join(trees.root, component), join(trees.root, "moved"));
    for (const target of targets) {
      await Deno.symlink(target, join(trees.root, component));
      await assert.rejects(confineBelow(trees.root, path), { code: "file_refused" }, target);
      await Deno.remove(join(trees.root, component));
    }
  });
}

Deno.test("confineBelow() takes a root that is reached through a link", async () => {
  await using trees = await twoTrees();
  const linked = join(trees.path, "linked");
  await Deno.symlink(trees.root, linked);
  assert.equal(await confineBelow(linked, join(linked, "a", "b")), join(linked, "a", "b"));
});

Deno.test("confineBelow() takes no folder for the root that only begins like it", async () => {
  await using trees = await twoTrees();
  for (
    const path of [
      `${trees.root}2/x`,
      `${trees.root}/../root2`,
      `${trees.root}/..`,
      trees.root,
      `${trees.root}/a/../..`,
    ]
  ) {
    await assert.rejects(confineBelow(trees.root, path), { code: "file_refused" }, path);
  }
});

Deno.test("confineBelow() goes through no file and no FIFO, and waits for none", async () => {
  await using trees = await twoTrees();
  await new Deno.Command("mkfifo", { args: [join(trees.root, "fifo")] }).output();
  for (const name of ["fifo", "a/b/c/file"]) {
    const path = await confineBelow(trees.root, join(trees.root, name, "x")).catch((error) => {
      assert.equal(error.code, "file_refused");
    });
    assert.equal(path, undefined, name);
  }
  await assert.rejects(openRegular(await confineBelow(trees.root, "fifo")), { code: "file_refused" });
});

Deno.test("confineOpen() takes the file that is at its path", async () => {
  await using trees = await twoTrees();
  using file = await openRegular(join(trees.root, "a", "b", "c", "file"));
  await confineOpen(trees.root, file);
});

for (const component of COMPONENTS.slice(0, -1)) {
  Deno.test(`confineOpen() refuses a file that was opened through a link at ${component}, though the link is gone`, async () => {
    await using trees = await twoTrees();
    const path = join(trees.root, "a", "b", "c", "file");
    const place = join(trees.root, component);
    await Deno.rename(place, join(trees.path, "aside"));
    await Deno.symlink(join(trees.outside, component), place);
    using file = await openRegular(path);
    await assert.rejects(confineOpen(trees.root, file), { code: "file_refused", message: /has a link/ });
    await Deno.remove(place);
    await Deno.rename(join(trees.path, "aside"), place);
    await assert.rejects(confineOpen(trees.root, file), { code: "file_refused", message: /was replaced/ });
  });
}

Deno.test("confineOpen() refuses a file whose name is gone or another file's", async () => {
  await using trees = await twoTrees();
  const path = join(trees.root, "a", "b", "c", "file");
  using file = await openRegular(path);
  await Deno.remove(path);
  await assert.rejects(confineOpen(trees.root, file), { code: "file_refused" });
  await Deno.writeTextFile(path, "another");
  await assert.rejects(confineOpen(trees.root, file), { code: "file_refused" });
});
