/**
 * The test task: format, lint, types and room arrows, then every test; ends with `N passed, N failed, N skipped`.
 *
 * Arguments are handed to `deno test`: `deno task test tests/pack --filter verify`.
 */
const root = new URL("../", import.meta.url);

async function deno(args: string[]): Promise<boolean> {
  const { success } = await new Deno.Command(Deno.execPath(), { args, cwd: root }).spawn().status;
  return success;
}

/** Sums the counts of a JUnit report's suites. */
function countsOf(report: string): { passed: number; failed: number; skipped: number } {
  const sum = (attribute: string) =>
    [...report.matchAll(new RegExp(`<testsuite [^>]*\\b${attribute}="(\\d+)"`, "g"))]
      .reduce((total, match) => total + Number(match[1]), 0);
  const failed = sum("failures") + sum("errors");
  const skipped = sum("disabled") + sum("skipped");
  return { passed: sum("tests") - failed - skipped, failed, skipped };
}

const checked = Deno.args.length > 0 || await deno(["task", "check"]);
const report = await Deno.makeTempFile({ prefix: "epack-junit-", suffix: ".xml" });
try {
  const targets = Deno.args.some((argument) => !argument.startsWith("-")) ? [] : ["tests"];
  const passedAll = await deno([
    "test",
    "--allow-all",
    "--no-check",
    "--sanitize-ops",
    "--sanitize-resources",
    `--junit-path=${report}`,
    ...targets,
    ...Deno.args,
  ]);
  const { passed, failed, skipped } = countsOf(await Deno.readTextFile(report));
  if (!checked) console.log("the checks before the tests failed: see above");
  const broken = failed === 0 && (!passedAll || !checked) ? 1 : failed;
  console.log(`${passed} passed, ${broken} failed, ${skipped} skipped`);
  Deno.exitCode = broken === 0 && passed > 0 ? 0 : 1;
} finally {
  await Deno.remove(report);
}
