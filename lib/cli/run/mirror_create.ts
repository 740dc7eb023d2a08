import { resolve } from "node:path";
import { showText } from "../../codec/mod.ts";
import { mirrorLocked } from "../../supply/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { TrustFlags } from "../supply_flags.ts";
import { openProject } from "./open_remote.ts";
import { installContext } from "./supply.ts";

export default async function (run: CommandRun, flags: TrustFlags, name: string): Promise<void> {
  const { project, config } = await openProject(run, flags);
  const folder = resolve(run.context.cwd, name);
  run.steps.step("Mirroring adapters");
  const install = await installContext(run, flags);
  const { mirrored } = await mirrorLocked({
    ...install,
    project,
    config,
    folder,
    signal: run.signal,
    now: run.context.now,
  });
  run.result({ folder, mirrored }, [
    ...mirrored.map(({ name, version, platforms }) =>
      `Mirrored ${name} ${showText(version)} for ${platforms.join(", ")}`
    ),
    `Mirror: ${folder}`,
    "On the other machine: epack sync --from <folder>",
  ]);
}
