import { showText } from "../../codec/mod.ts";
import { findOutdated } from "../../supply/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { TrustFlags } from "../supply_flags.ts";
import { openProject } from "./open_remote.ts";
import { installContext } from "./supply.ts";

export default async function (run: CommandRun, flags: TrustFlags): Promise<void> {
  const { project, config } = await openProject(run, flags);
  run.steps.step("Looking for newer releases");
  const { store } = await installContext(run, flags);
  const found = await findOutdated({ project, config, store, signal: run.signal });
  const cell = (text: string | undefined) => showText(text ?? "none").padEnd(12);
  run.result(
    { remotes: found },
    found.length === 0 ? ["No remote has a source."] : [
      run.paint.bold(`${"remote".padEnd(16)}${"locked".padEnd(12)}${"wanted".padEnd(12)}latest`),
      ...found.map(({ name, locked, wanted, latest, outdated }) =>
        `${name.padEnd(16)}${cell(locked)}${outdated ? run.paint.yellow(cell(wanted)) : cell(wanted)}${
          showText(latest ?? "none")
        }`
      ),
    ],
  );
}
