import { showText } from "../../codec/mod.ts";
import { type PushResult, runsFacts, type RunsOutcome, transferFacts } from "../../workflow/mod.ts";
import type { CommandRun } from "../command_run.ts";
import { showSize } from "../render/size.ts";
import { type Times, timesJson } from "../render/times.ts";

/** What was pushed where, as the user named it. */
interface Named {
  remote: string;
  pack: string;
}

/** A push as JSON, with the Go tool's fields first; docs/json-output.md has all of them. */
export function pushedJson(result: PushResult, { remote, pack: named, times }: Named & { times: Times }) {
  const { release, runs, pack, adapter } = result;
  return {
    pushed: true,
    remote,
    pack: named,
    release_id: release.releaseId,
    canonical_ref: release.canonicalRef ?? "",
    links: result.links,
    synced_runs: runs.synced,
    failed_runs: runs.failed,
    failed_outputs: runsFacts(runs).failed_outputs,
    receipt_path: result.receiptPath,
    version: release.version,
    pack_digest: pack.packDigest,
    file_digest: pack.fileDigest,
    size: pack.sizeBytes,
    signatures: pack.signatures,
    adapter,
    transfer: transferFacts(result),
    ...timesJson(times),
  };
}

/** The same for people. */
export function pushedLines({ paint }: CommandRun, result: PushResult, named: Named): (string | undefined)[] {
  const { release, runs, pack, adapter, transfer } = result;
  const show = (text: string) => showText(text);
  return [
    `${paint.green("Pushed")} ${named.pack} to ${named.remote} (${showSize(pack.sizeBytes)})`,
    `  Release:  ${show(release.releaseId)}${release.version === undefined ? "" : ` (${show(release.version)})`}`,
    release.canonicalRef === undefined ? undefined : `  Ref:      ${show(release.canonicalRef)}`,
    `  Digest:   ${pack.packDigest}`,
    transfer.resumedBytes === 0
      ? undefined
      : `  Resumed:  ${showSize(transfer.resumedBytes)} were sent by an earlier push`,
    ...runsLines(runs),
    ...Object.entries(result.links).map(([name, link]) => `  ${show(name)}: ${show(link)}`),
    `  Adapter:  ${show(adapter.name)} (${adapter.assurance}; ${show(adapter.confinement)})`,
    `  Receipt:  ${result.receiptPath}`,
  ];
}

/** Outputs that are named one by one; the JSON result has all. */
const OUTPUTS_SHOWN = 10;

/** What became of the runs; nothing when there were none. */
export function runsLines({ synced, failed, failedOutputs }: RunsOutcome): string[] {
  if (synced.length + failed.length === 0) return [];
  const shown = failedOutputs.slice(0, OUTPUTS_SHOWN);
  const more = failedOutputs.length - shown.length;
  return [
    `  Runs:     ${synced.length} synced, ${failed.length} failed`,
    ...failed.map((runId) => `    not taken: ${showText(runId)}`),
    ...(failedOutputs.length === 0 ? [] : [`  Outputs:  ${failedOutputs.length} did not arrive`]),
    ...shown.map(({ runId, path, reason }) => `    ${runId}: ${path}: ${reason}`),
    ...(more > 0 ? [`    and ${more} more`] : []),
  ];
}
