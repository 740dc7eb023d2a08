import { lockRemotes, syncRemotes } from "../../supply/mod.ts";
import { readLock } from "../../lockfile/mod.ts";
import { resolveRemote } from "../../config/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { SupplyFlags } from "../supply_flags.ts";
import { openProject } from "./open_remote.ts";
import { lockedJson, lockedLines, lockOptions } from "./supply.ts";
import { syncedJson, syncedLines } from "./synced.ts";

export default async function (run: CommandRun, flags: SupplyFlags, ...names: string[]): Promise<void> {
  const { json, lines } = await installRemotes(run, flags, names);
  run.result(json, lines);
}

/** Locks what is not locked yet, and installs all of it. */
export async function installRemotes(
  run: CommandRun,
  flags: SupplyFlags,
  names: readonly string[],
): Promise<{ json: object; lines: string[] }> {
  const { project, config } = await openProject(run, flags);
  const wanted = (names.length > 0 ? names : Object.keys(config.remotes))
    .filter((name) => resolveRemote(config, name).source !== undefined);
  const lock = await readLock(project.lockPath);
  const unlocked = wanted.filter((name) => lock === undefined || !Object.hasOwn(lock.remotes, name));
  const options = lockOptions(run, flags);
  if (unlocked.length > 0) run.steps.step("Locking adapters");
  const { locked } = unlocked.length === 0
    ? { locked: [] }
    : await lockRemotes({ project, config, names: unlocked, ...options });
  run.steps.step("Installing adapters");
  const outcome = wanted.length === 0
    ? { installed: [], present: [] }
    : await syncRemotes({ project, config, names: wanted, signal: run.signal, openInstall: options.openInstall });
  return {
    json: { locked: lockedJson(locked), ...syncedJson(outcome) },
    lines: [...lockedLines(run, locked), ...syncedLines(run, outcome)],
  };
}
