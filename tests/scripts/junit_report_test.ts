import assert from "node:assert/strict";
import { join } from "node:path";
import { junitReport } from "../../scripts/junit_report.ts";
import { temporaryFolder } from "../epack.ts";

Deno.test("junitReport() counts a real report and names what failed, with its words", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "some_test.ts");
  await Deno.writeTextFile(
    file,
    `Deno.test("passes", () => {});
Deno.test('one "fails" & <more>', () => { throw new Error("first line\\nsecond line"); });
Deno.test("outer", async (t) => { await t.step("inner", () => { throw new Error("in a step"); }); });
Deno.test({ name: "skipped", ignore: true, fn() {} });
`,
  );
  const report = join(folder.path, "report.xml");
  await new Deno.Command(Deno.execPath(), {
    args: ["test", "--no-config", "--no-check", `--junit-path=${report}`, file],
    cwd: folder.path,
    stdout: "null",
    stderr: "null",
  }).output();
  const { failures, ...counts } = junitReport(await Deno.readTextFile(report));
  assert.deepEqual(counts, { passed: 1, failed: 3, skipped: 1 });
  assert.deepEqual(failures.map((each) => each.split("\n")[0].replace(/^.*some_test/, "some_test")), [
    'some_test.ts:2: one "fails" & <more>',
    "some_test.ts:3: outer",
    "some_test.ts:3: outer > inner",
  ]);
  assert.match(failures[0], /\n {4}Error: first line\n {4}second line\n/);
  assert.match(failures[2], /\n {4}Error: in a step\n/);
});
