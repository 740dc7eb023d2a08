import { showText } from "../../codec/mod.ts";
import type { PushResult } from "../../workflow/mod.ts";
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
    failed_outputs: runs.failedOutputs.map(({ runId, path, reason }) => ({ run_id: runId, path, reason })),
    receipt_path: result.receiptPath,
    version: release.version,
    pack_digest: pack.packDigest,
    file_digest: pack.fileDigest,
    size: pack.sizeBytes,
    signatures: pack.signatures,
    adapter,
    transfer: result.transfer,
    ...timesJson(times),
  };
}

/** The same for people. */
export function pushedLines({ paint }: CommandRun, result: PushResult, named: Named): (string | undefined)[] {
  const { release, runs, pack, adapter } = result;
  const show = (text: string) => showText(text);
  return [
    `${paint.green("Pushed")} ${named.pack} to ${named.remote} (${showSize(pack.sizeBytes)})`,
    `  Release:  ${show(release.releaseId)}${release.version === undefined ? "" : ` (${show(release.version)})`}`,
    release.canonicalRef === undefined ? undefined : `  Ref:      ${show(release.canonicalRef)}`,
    `  Digest:   ${pack.packDigest}`,
    runs.synced.length + runs.failed.length === 0
      ? undefined
      : `  Runs:     ${runs.synced.length} synced, ${runs.failed.length} failed`,
    ...Object.entries(result.links).map(([name, link]) => `  ${show(name)}: ${show(link)}`),
    `  Adapter:  ${show(adapter.name)} (${adapter.assurance}; ${show(adapter.confinement)})`,
    `  Receipt:  ${result.receiptPath}`,
  ];
}
