import { resolve } from "node:path";
import { showText } from "../../codec/mod.ts";
import { openPack } from "../../pack/mod.ts";
import { push } from "../../workflow/mod.ts";
import type { CommandRun } from "../command_run.ts";
import { showSize } from "../render/size.ts";
import type { RemoteFlags } from "../remote_flags.ts";
import { type TransferFlags, transferSettings } from "../transfer_flags.ts";
import { remoteRequest } from "./open_remote.ts";

export interface PushFlags extends RemoteFlags, TransferFlags {
  workspace?: string;
  label?: readonly string[];
  notes?: string;
  releaseVersion?: string;
  noRuns?: boolean;
  runsPath?: readonly string[];
  yes?: boolean;
  dryRun?: boolean;
}

export default async function (
  run: CommandRun,
  flags: PushFlags,
  remoteName: string,
  packArgument: string,
): Promise<void> {
  const packPath = resolve(run.context.cwd, packArgument);
  const request = await remoteRequest(run, flags, { name: remoteName });
  if (flags.dryRun) return await dryRun(run, flags, { ...request, packPath });
  const result = await push({
    ...request,
    transfer: transferSettings(flags),
    packPath,
    workspace: flags.workspace,
    labels: flags.label ?? [],
    notes: flags.notes,
    releaseVersion: flags.releaseVersion,
    syncRuns: !flags.noRuns,
    runsPaths: flags.runsPath ?? [],
  });
  const { release, runs, pack, adapter } = result;
  const json = {
    pushed: true,
    remote: remoteName,
    pack: packArgument,
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
  };
  const show = (text: string) => showText(text);
  run.result(json, [
    `${run.paint.green("Pushed")} ${packArgument} to ${remoteName} (${showSize(pack.sizeBytes)})`,
    `  Release:  ${show(release.releaseId)}${release.version === undefined ? "" : ` (${show(release.version)})`}`,
    release.canonicalRef === undefined ? undefined : `  Ref:      ${show(release.canonicalRef)}`,
    `  Digest:   ${pack.packDigest}`,
    runs.synced.length + runs.failed.length === 0
      ? undefined
      : `  Runs:     ${runs.synced.length} synced, ${runs.failed.length} failed`,
    ...Object.entries(result.links).map(([name, link]) => `  ${show(name)}: ${show(link)}`),
    `  Adapter:  ${show(adapter.name)} (${adapter.assurance}; ${show(adapter.confinement)})`,
    `  Receipt:  ${result.receiptPath}`,
  ]);
}

async function dryRun(
  run: CommandRun,
  flags: PushFlags,
  request: Awaited<ReturnType<typeof remoteRequest>> & { packPath: string },
): Promise<void> {
  using pack = await openPack(request.packPath, request);
  const { remote } = request;
  const labels = [...new Set([...remote.release.labels, ...(flags.label ?? [])])];
  const workspace = flags.workspace ?? remote.target.workspace ?? "";
  const environment = remote.target.environment ?? "";
  const json = {
    dry_run: true,
    remote: remote.name,
    pack: request.packPath,
    stream: pack.stream,
    size: pack.sizeBytes,
    artifacts: pack.manifest.artifacts.length,
    attestations: pack.attestations.length,
    workspace,
    environment,
    labels,
    notes: flags.notes ?? remote.release.notes ?? "",
    sync_runs: !flags.noRuns && remote.runs.sync,
  };
  run.result(json, [
    `Would push ${request.packPath} to ${remote.name}`,
    `  Stream:    ${showText(pack.stream)}`,
    `  Size:      ${showSize(pack.sizeBytes)}`,
    `  Artifacts: ${pack.manifest.artifacts.length}`,
    workspace === "" ? undefined : `  Workspace: ${workspace}`,
    environment === "" ? undefined : `  Environment: ${environment}`,
    labels.length === 0 ? undefined : `  Labels:    ${labels.join(", ")}`,
    "Nothing was sent, and the pack's contents were not verified.",
  ]);
}
