import { resolve } from "node:path";
import { EpackError } from "../../errors.ts";
import { push, type PushRequest, type RemoteRequest } from "../../workflow/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { DetachFlag } from "../detach_flag.ts";
import type { RemoteFlags } from "../remote_flags.ts";
import { type TransferFlags, transferSettings } from "../transfer_flags.ts";
import { remoteRequest } from "./open_remote.ts";
import { pushedJson, pushedLines } from "./push_result.ts";

export interface PushFlags extends RemoteFlags, TransferFlags, DetachFlag {
  remote?: readonly string[];
  workspace?: string;
  label?: readonly string[];
  notes?: string;
  releaseVersion?: string;
  noRuns?: boolean;
  runsOnly?: boolean;
  runsPath?: readonly string[];
  yes?: boolean;
  dryRun?: boolean;
  noResume?: boolean;
}

/** What is pushed where, as the user named it: every pack to every remote. */
export interface PushTargets {
  remotes: readonly string[];
  packs: readonly string[];
}

export default async function (run: CommandRun, flags: PushFlags, ...words: string[]): Promise<void> {
  const { remotes, packs } = targets(run, flags, words);
  if (flags.runsOnly) return await (await import("./push_runs.ts")).pushRunsOnly(run, flags, { remotes, packs });
  if (flags.dryRun) return await (await import("./push_dry_run.ts")).pushDryRun(run, flags, { remotes, packs });
  if (flags.detach && run.context.job === undefined) {
    return await (await import("./detach.ts")).detach(run, flags, { remotes, packs });
  }
  if (remotes.length * packs.length > 1) {
    return await (await import("./push_several.ts")).pushSeveral(run, flags, { remotes, packs });
  }
  const [[remote], [pack]] = [remotes, packs];
  run.steps.about({ remote, pack });
  const result = await push(pushRequest(run, flags, { ...await remoteRequest(run, flags, { name: remote }), pack }));
  run.result(pushedJson(result, { remote, pack, times: run.steps.times }), pushedLines(run, result, { remote, pack }));
}

/** A push of one pack to one remote, as the flags say. */
export function pushRequest(
  run: CommandRun,
  flags: PushFlags,
  { pack, ...request }: RemoteRequest & { pack: string },
): PushRequest {
  return {
    ...request,
    transfer: transferSettings(flags),
    packPath: resolve(run.context.cwd, pack),
    workspace: flags.workspace,
    labels: flags.label ?? [],
    notes: flags.notes,
    releaseVersion: flags.releaseVersion,
    syncRuns: !flags.noRuns,
    runsPaths: flags.runsPath ?? [],
    resume: !flags.noResume,
  };
}

/** Without `--remote` the first word is the remote. What is named twice counts once, as it was named last. @throws EpackError `usage` */
function targets({ context }: CommandRun, flags: PushFlags, words: readonly string[]): PushTargets {
  const named = flags.remote !== undefined && flags.remote.length > 0;
  const remotes = new Set(named ? flags.remote : words.slice(0, 1));
  const packs = new Map((named ? words : words.slice(1)).map((word) => [resolve(context.cwd, word), word]));
  if (remotes.size === 0 || packs.size === 0) {
    throw new EpackError("usage", `the ${remotes.size === 0 ? "remote to push to" : "pack to push"} is not named`, {
      origin: "input",
      hint: "epack push <remote> <pack>…, or epack push --remote <remote> --remote <remote> <pack>…",
    });
  }
  return { remotes: [...remotes], packs: [...packs.values()] };
}
