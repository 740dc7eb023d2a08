import assert from "node:assert/strict";
import { has, shellProject } from "./project.ts";

Deno.test("packs and evidence may have names with spaces, quotes and letters of any script", async () => {
  await using project = await shellProject();
  const run = await project.sh(`mkdir "it's" && echo x > "it's/a \\"b\\" ü 日本.txt"
    epack build -q "o d'd \\"pack\\".epack" "it's" && epack verify -q "o d'd \\"pack\\".epack" &&
    epack extract -q "o d'd \\"pack\\".epack" -o "out side" && diff -r "it's" "out side/artifacts/it's"`);
  assert.equal(run.code, 0, run.stderr);
});

Deno.test("a pack's own name may have a newline; evidence with one is refused by name", async () => {
  await using project = await shellProject();
  const run = await project.sh(
    `name=$(printf 'new\\nline.epack'); epack build -q "$name" evidence.txt && epack verify -q "$name"`,
  );
  assert.equal(run.code, 0, run.stderr);
  const refused = await project.sh(`mkdir d && echo x > "$(printf 'd/a\\nb')" && epack build -q b.epack d`);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /artifacts\/d\/a\\+u\{a\}b/);
});

Deno.test({
  name: "evidence whose name is not UTF-8 is refused, not left out in silence",
  // older runtimes do not list such names
  ignore: Deno.build.os === "windows" || !has("find"),
  async fn() {
    await using project = await shellProject();
    const run = await project.sh(
      `mkdir -p d/e && echo x > "$(printf 'd/e/\\377\\376.txt')" && epack build -q b.epack d`,
    );
    assert.equal(run.code, 1, run.stdout);
    assert.match(run.stderr, /has a name that is not UTF-8/);
    assert.equal((await project.sh("ls b.epack")).code, 2);
  },
});

Deno.test("under LANG=C names keep their letters", async () => {
  await using project = await shellProject();
  const run = await project.sh(
    "mkdir d && echo x > d/ü.txt && epack build -q b.epack d && epack list artifacts b.epack",
    {
      LANG: "C",
      LC_ALL: "C",
    },
  );
  assert.equal(run.stdout.trim().split("\n").at(-1), "artifacts/d/ü.txt");
});
