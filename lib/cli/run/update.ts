import { lockRemotes, syncRemotes } from "../../supply/mod.ts";
import { resolveRemote } from "../../config/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { SupplyFlags } from "../supply_flags.ts";
import { openProject } from "./open_remote.ts";
import { lockedJson, lockedLines, lockOptions } from "./supply.ts";
import { syncedJson, syncedLines } from "./synced.ts";

export interface UpdateFlags extends SupplyFlags {
  dryRun?: boolean;
}

/** Moves sources to the newest release that fits, and installs it. */
export default async function (run: CommandRun, flags: UpdateFlags, ...names: string[]): Promise<void> {
  const { project, config } = await openProject(run, flags);
  const wanted = (names.length > 0 ? names : Object.keys(config.remotes))
    .filter((name) => resolveRemote(config, name).source !== undefined);
  run.steps.step("Looking for newer releases");
  const options = lockOptions(run, flags);
  const { dryRun } = flags;
  const { locked } = wanted.length === 0
    ? { locked: [] }
    : await lockRemotes({ project, config, names: wanted, ...options, update: true, dryRun });
  if (dryRun) {
    const moving = locked.filter(({ updated }) => updated);
    return run.result({ dry_run: true, would_update: lockedJson(moving) }, [
      ...lockedLines(run, moving),
      moving.length === 0 ? "Everything is up to date." : "Nothing was changed.",
    ]);
  }
  run.steps.step("Installing adapters");
  const outcome = wanted.length === 0
    ? { installed: [], present: [] }
    : await syncRemotes({ project, config, names: wanted, signal: run.signal, openInstall: options.openInstall });
  run.result({ updated: lockedJson(locked.filter(({ updated }) => updated)), ...syncedJson(outcome) }, [
    ...lockedLines(run, locked),
    ...syncedLines(run, outcome),
  ]);
}
