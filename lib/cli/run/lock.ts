import { showText } from "../../codec/mod.ts";
import { lockRemotes } from "../../workflow/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { CommonFlags } from "../flags.ts";
import { confirm } from "../ask.ts";
import { openProject } from "./open_remote.ts";

export interface LockFlags extends CommonFlags {
  config?: string;
  yes?: boolean;
}

export default async function (run: CommandRun, flags: LockFlags, ...names: string[]): Promise<void> {
  const { project, config } = await openProject(run, flags);
  run.steps.step("Locking adapters");
  const { locked, skipped, removed } = await lockRemotes({
    project,
    config,
    names,
    signal: run.signal,
    now: run.context.now,
    confirmGrants: (grants) => confirmGrants(run, flags, grants),
  });
  const json = {
    locked: locked.map(({ name, platforms, isNew, updated, kind, fileDigest, permissions }) => ({
      Name: name,
      Kind: "remote",
      Version: "",
      Platforms: platforms,
      IsNew: isNew,
      Updated: updated,
      adapter_kind: kind,
      digest: fileDigest,
      permissions,
    })),
    skipped,
    removed,
    lockfile: project.lockPath,
  };
  run.result(json, [
    ...locked.map(({ name, fileDigest, isNew, updated }) =>
      `${run.paint.green(isNew ? "Locked" : updated ? "Updated" : "Unchanged")} ${name}  ${fileDigest}`
    ),
    ...locked.filter(({ permissions }) => permissions !== undefined).map(({ name, permissions }) =>
      `  ${name} may: ${JSON.stringify(permissions)}`
    ),
    ...skipped.map(({ name, reason }) => `Skipped ${name}: ${reason}`),
    ...removed.map((name) => `Removed ${name}: it left the configuration`),
    locked.length + skipped.length + removed.length === 0
      ? "There is nothing to lock."
      : `Lockfile: ${project.lockPath}`,
  ]);
}

/** Shows what an adapter is to be allowed, beside what it was before, and asks; `--yes` has answered already. */
async function confirmGrants(
  run: CommandRun,
  flags: LockFlags,
  grants: Parameters<Parameters<typeof lockRemotes>[0]["confirmGrants"]>[0],
): Promise<boolean> {
  const shown = (permissions: object) =>
    Object.entries(permissions).map(([kind, list]) =>
      `\n  ${kind}: ${(list as string[]).map((item) => showText(item)).join(", ")}`
    )
      .join("") || "\n  nothing";
  if (!flags.quiet && !flags.json) {
    run.steps.say(`The adapter of remote "${grants.remoteName}" is to be allowed:${shown(grants.permissions)}`);
    if (grants.before !== undefined) run.steps.say(`It was allowed before:${shown(grants.before)}`);
  }
  return flags.yes || await confirm(run.context, "Lock it with these permissions?", run);
}
