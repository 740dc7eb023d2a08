import { EpackError } from "../../errors.ts";
import { checkLock, lockRemotes } from "../../supply/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { SupplyFlags } from "../supply_flags.ts";
import { openProject } from "./open_remote.ts";
import { lockedJson, lockedLines, lockOptions } from "./supply.ts";

export interface LockFlags extends SupplyFlags {
  check?: boolean;
}

export default async function (run: CommandRun, flags: LockFlags, ...names: string[]): Promise<void> {
  const { project, config } = await openProject(run, flags);
  if (flags.check) {
    const faults = await checkLock({ project, config });
    if (faults.length > 0) {
      throw new EpackError("lockfile_mismatch", `the lockfile is not in step: ${faults.join("; ")}`, {
        origin: "project",
        hint: "bring it up to date with: epack lock",
      });
    }
    return run.result({ in_step: true, lockfile: project.lockPath }, [`In step: ${project.lockPath}`]);
  }
  run.steps.step("Locking adapters");
  const { locked, skipped, removed } = await lockRemotes({ project, config, names, ...lockOptions(run, flags) });
  run.result({ locked: lockedJson(locked), skipped, removed, lockfile: project.lockPath }, [
    ...lockedLines(run, locked),
    ...skipped.map(({ name, reason }) => `Skipped ${name}: ${reason}`),
    ...removed.map((name) => `Removed ${name}: it left the configuration`),
    locked.length + skipped.length + removed.length === 0
      ? "There is nothing to lock."
      : `Lockfile: ${project.lockPath}`,
  ]);
}
