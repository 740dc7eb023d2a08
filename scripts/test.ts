/**
 * The test task: format, lint, types and room arrows, then every test; ends with `N passed, N failed, N skipped`.
 *
 * With `DENO` and `DENORT_BIN` in the environment (a Deno that compiles, and its runtime) the tests that drive the whole program
 * then run again: on the source under that Deno, and on the compiled program. `EPACK_BIN` runs them all on a given binary.
 *
 * Arguments are handed to `deno test`, and leave out the checks and the repeats: `deno task test tests/pack --filter verify`.
 */
import { join } from "node:path";
import { inTurn } from "./in_turn.ts";
import { type JunitReport, junitReport } from "./junit_report.ts";

const root = new URL("../", import.meta.url);
/** Tests that run the program as its users do. */
const ESCAPES = ["tests/sandbox/escapes_test.ts", "tests/sandbox/namespace_test.ts"];
const WORKFLOW = ["tests/workflow"];
const FROM_OUTSIDE = ["tests/cli", "tests/environment", "tests/hostile"];
const SCENARIOS = ["tests/scenarios"];

/** One run of `deno test`. */
interface Part {
  title: string;
  args: readonly string[];
  env?: Record<string, string>;
}

async function deno(args: readonly string[]): Promise<boolean> {
  const { success } = await new Deno.Command(Deno.execPath(), { args: [...args], cwd: root }).spawn().status;
  return success;
}

/** A failure of something that is not a test. */
function failure(what: string): JunitReport {
  return { passed: 0, failed: 1, skipped: 0, failures: [what] };
}

/** Runs tests, parts side by side. */
async function test(parts: readonly Part[]): Promise<JunitReport[]> {
  const folder = await Deno.makeTempDir({ prefix: "epack-junit-" });
  const reportOf = (index: number) => join(folder, `${index}.xml`);
  const argsOf = ({ args }: Part, index: number) => [
    "test",
    "--allow-all",
    "--no-check",
    "--sanitize-ops",
    "--sanitize-resources",
    `--junit-path=${reportOf(index)}`,
    ...args,
  ];
  try {
    const succeeded = parts.length === 1
      ? [await deno(argsOf(parts[0], 0))]
      : await inTurn(parts.map((part, index) => ({ env: {}, ...part, args: argsOf(part, index), cwd: root })));
    return await Promise.all(parts.map(async ({ title }, index) => {
      const read = junitReport(await Deno.readTextFile(reportOf(index)).catch(() => ""));
      // a run that broke off has no failure in its report
      return succeeded[index] || read.failed > 0 ? read : { ...failure(`${title}: broke off`), passed: read.passed };
    }));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Every test: two halves that take about as long. */
const EVERYTHING: readonly Part[] = [
  { title: "the whole program, from source", args: [...WORKFLOW, ...FROM_OUTSIDE] },
  { title: "everything else", args: ["tests", `--ignore=${[...WORKFLOW, ...FROM_OUTSIDE].join(",")}`] },
];

/** The tests of the whole program again: under the Deno that compiles, and compiled. */
async function repeats(): Promise<JunitReport[]> {
  const compiler = Deno.env.get("DENO");
  if (!compiler || !Deno.env.get("DENORT_BIN")) {
    console.log("\nthe whole program under another Deno: skipped, DENO is not set");
    console.log("the whole program compiled: skipped, DENO and DENORT_BIN are not set");
    return [{ passed: 0, failed: 0, skipped: 2, failures: [] }];
  }
  const out = await Deno.makeTempDir({ prefix: "epack-test-build-" });
  try {
    const target = `${Deno.build.os}/${Deno.build.arch === "x86_64" ? "amd64" : "arm64"}`;
    if (!await deno(["task", "build", `--out=${out}`, `--target=${target}`])) {
      return [failure("the program could not be built: see above")];
    }
    const EPACK_BIN = join(out, `epack-${target.replace("/", "-")}${Deno.build.os === "windows" ? ".exe" : ""}`);
    const under = "under the Deno that compiles";
    return await test([
      { title: "the workflows, compiled", args: WORKFLOW, env: { EPACK_BIN } },
      {
        title: "the program from outside, compiled",
        args: [...FROM_OUTSIDE, ...SCENARIOS, ...ESCAPES],
        env: { EPACK_BIN },
      },
      { title: `scenarios and escapes, ${under}`, args: [...SCENARIOS, ...ESCAPES], env: { EPACK_DENO: compiler } },
    ]);
  } finally {
    await Deno.remove(out, { recursive: true });
  }
}

const whole = Deno.args.length === 0;
const checked = !whole || await deno(["task", "check"]);
const targets = Deno.args.some((argument) => !argument.startsWith("-")) ? [] : ["tests"];
const reports = await test(whole ? EVERYTHING : [{ title: "tests", args: [...targets, ...Deno.args] }]);
if (whole && !Deno.env.get("EPACK_BIN")) reports.push(...await repeats());
if (!checked) reports.push(failure("the checks before the tests: see above"));
// once more at the end, where who reads only that finds it
for (const each of reports.flatMap((report) => report.failures)) console.log(`failed: ${each}\n`);
const total = (name: "passed" | "failed" | "skipped") => reports.reduce((sum, each) => sum + each[name], 0);
console.log(`${total("passed")} passed, ${total("failed")} failed, ${total("skipped")} skipped`);
Deno.exitCode = total("failed") === 0 && total("passed") > 0 ? 0 : 1;
