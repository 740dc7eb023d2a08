import { EpackError } from "../../errors.ts";
import { planPush, type PushRequest, pushRuns, runsFacts, runsOf } from "../../workflow/mod.ts";
import type { CommandRun } from "../command_run.ts";
import { foreseenJson, foreseenLines } from "../render/foreseen.ts";
import { timesJson } from "../render/times.ts";
import { remoteRequest } from "./open_remote.ts";
import { type PushFlags, pushRequest, type PushTargets } from "./push.ts";
import { runsLines } from "./push_result.ts";

/** Syncs the runs of a pack that was released before. @throws EpackError `usage` for flags that are about a release */
export async function pushRunsOnly(run: CommandRun, flags: PushFlags, { remotes, packs }: PushTargets): Promise<void> {
  const [[name], [named]] = [remotes, packs];
  refuse(remotes.length * packs.length > 1 ? "more than one pack or remote" : releaseFlag(flags));
  run.steps.about({ remote: name, pack: named });
  const request = pushRequest(run, flags, { ...await remoteRequest(run, flags, { name }), pack: named });
  if (flags.dryRun) return await dryRun(run, named, request);
  const result = await pushRuns(request);
  const { runs, pack, adapter } = result;
  run.result({
    pushed: false,
    runs_only: true,
    remote: name,
    pack: named,
    synced_runs: runs.synced,
    failed_runs: runs.failed,
    failed_outputs: runsFacts(runs).failed_outputs,
    receipt_path: result.receiptPath,
    pack_digest: pack.packDigest,
    file_digest: pack.fileDigest,
    size: pack.sizeBytes,
    signatures: pack.signatures,
    adapter,
    ...timesJson(run.steps.times),
  }, [
    runs.synced.length + runs.failed.length === 0
      ? `There are no runs of ${named} to sync`
      : `${run.paint.green("Synced")} the runs of ${named} with ${name}`,
    ...runsLines(runs),
    `  Receipt:  ${result.receiptPath}`,
  ]);
}

async function dryRun(run: CommandRun, named: string, request: PushRequest): Promise<void> {
  const { adapter } = await planPush({ ...request, syncRuns: false });
  const { packPath, remote: { name } } = request;
  const runs = (await runsOf(request)).map(({ runId }) => runId);
  run.result({ dry_run: true, runs_only: true, remote: name, pack: packPath, runs, adapter: foreseenJson(adapter) }, [
    `Would sync ${runs.length} runs of ${named} with ${name}`,
    ...runs.map((runId) => `  ${runId}`),
    ...foreseenLines(adapter, run.paint),
    "Nothing was sent, nothing was written, and no adapter was started.",
  ]);
}

function releaseFlag(flags: PushFlags): string | undefined {
  if (flags.noRuns) return "--no-runs";
  if (flags.label !== undefined && flags.label.length > 0) return "--label";
  if (flags.notes !== undefined) return "--notes";
  return flags.releaseVersion === undefined ? undefined : "--release-version";
}

function refuse(what: string | undefined): void {
  if (what === undefined) return;
  throw new EpackError("usage", `--runs-only makes no release and does not go with ${what}`, { origin: "input" });
}
