/**
 * Speed and peak memory of build, verify, push and pull, as ratios to `cp`, `sha256sum` and `unzip -t` of the same pack in the
 * same run; and the time to start, as ratios to an empty program. `EPACK_PEER=<program>` adds a program with the same command
 * line; `EPACK_BIN` measures a compiled binary.
 *
 *   deno task bench [--rounds N] [--only "256 MiB" | --only start]
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { epackCommand } from "../epack_command.ts";
import { type Measure, measure } from "./measure.ts";
import { measureStartUp } from "./start_up.ts";
import { type Workload, WORKLOADS, writeWorkload } from "./workload.ts";

const { values: flags } = parseArgs({
  args: Deno.args,
  options: { rounds: { type: "string", default: "3" }, only: { type: "string" } },
});
const rounds = Number(flags.rounds);
const epack = epackCommand();
const peer = Deno.env.get("EPACK_PEER");

function row(name: string, measured: Measure, baseline: Measure | undefined, against: string): void {
  const ratio = baseline === undefined ? "" : `${(measured.seconds / baseline.seconds).toFixed(2)} × ${against}`;
  const peak = measured.peakMib === undefined ? "" : `${measured.peakMib.toFixed(0)} MiB`;
  console.log(`  ${name.padEnd(28)}${`${measured.seconds.toFixed(3)} s`.padStart(9)}${peak.padStart(11)}   ${ratio}`);
}

async function installed(program: string): Promise<boolean> {
  const { success } = await new Deno.Command("sh", { args: ["-c", `command -v ${program}`], stdout: "null" }).output();
  return success;
}

async function benchWorkload(workload: Workload, folder: string): Promise<void> {
  const pack = join(folder, "bench.epack");
  const gone = (name: string) => async () =>
    void await Deno.remove(join(folder, name), { recursive: true }).catch(() => {});
  await writeWorkload(workload, join(folder, "evidence"));
  const run = (command: readonly string[], before?: () => Promise<void>) =>
    measure(command, { cwd: folder, rounds, before });
  await run([...epack, "init", "--stream", "bench/pack"], gone("epack.yaml"));

  console.log(`\n${workload.name} (${workload.files} files)`);
  const build = await run([...epack, "build", "bench.epack", "evidence"], gone("bench.epack"));
  const cp = await run(["cp", pack, join(folder, "copy")], gone("copy"));
  const sha256sum = await run(["sha256sum", pack]);
  row("cp", cp, undefined, "");
  row("sha256sum", sha256sum, undefined, "");
  if (await installed("unzip")) row("unzip -t", await run(["unzip", "-tqq", pack]), sha256sum, "sha256sum");
  row("epack build", build, sha256sum, "sha256sum");
  row("epack verify", await run([...epack, "verify", pack]), sha256sum, "sha256sum");
  row("epack push (filesystem)", await run([...epack, "push", "local", pack]), cp, "cp");
  row(
    "epack pull (filesystem)",
    await run([...epack, "pull", "local", "-o", "back.epack"], gone("back.epack")),
    cp,
    "cp",
  );
  if (peer !== undefined) {
    row(`${peer} verify`, await run([peer, "verify", "--integrity-only", pack]), sha256sum, "sha256sum");
  }
}

console.log(`median of ${rounds} rounds; the machine is shared: compare ratios`);
if (flags.only === undefined || flags.only === "start") {
  const { empty, ...commands } = await measureStartUp({ epack, rounds: rounds * 5 });
  console.log("\nstart-up");
  row("an empty program", empty, undefined, "");
  for (const [name, measured] of Object.entries(commands)) row(`epack ${name}`, measured, empty, "an empty program");
  if (peer !== undefined) {
    row(
      `${peer} version`,
      await measure([peer, "version"], { cwd: "/", rounds: rounds * 5 }),
      empty,
      "an empty program",
    );
  }
}
for (const workload of WORKLOADS) {
  if (flags.only !== undefined && flags.only !== workload.name) continue;
  const folder = await Deno.makeTempDir({ prefix: "epack-bench-" });
  try {
    await benchWorkload(workload, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
