import { lockRemotes } from "../../workflow/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { CommonFlags } from "../flags.ts";
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
