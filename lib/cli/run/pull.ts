import { relative, resolve } from "node:path";
import { showText } from "../../codec/mod.ts";
import { describeRef, pull, pullRef, refuseTaken } from "../../workflow/mod.ts";
import type { CommandRun } from "../command_run.ts";
import { showSize } from "../render/size.ts";
import type { DetachFlag } from "../detach_flag.ts";
import { timesJson } from "../render/times.ts";
import type { RemoteFlags } from "../remote_flags.ts";
import { type TransferFlags, transferSettings } from "../transfer_flags.ts";
import { remoteRequest } from "./open_remote.ts";

export interface PullFlags extends RemoteFlags, TransferFlags, DetachFlag {
  output?: string;
  force?: boolean;
  digest?: string;
  release?: string;
  version?: string;
  workspace?: string;
  stream?: string;
  verify?: boolean;
  noResume?: boolean;
  dryRun?: boolean;
}

export default async function (run: CommandRun, flags: PullFlags, remoteName: string, word?: string): Promise<void> {
  const ref = pullRef({ word, digest: flags.digest, release: flags.release, version: flags.version });
  const request = await remoteRequest(run, flags, { name: remoteName });
  const pullRequest = {
    ...request,
    transfer: transferSettings(flags),
    ref,
    cwd: run.context.cwd,
    output: flags.output,
    force: flags.force ?? false,
    workspace: flags.workspace,
    stream: flags.stream,
    verify: flags.verify ?? true,
    resume: !flags.noResume,
  };
  if (flags.dryRun) return await (await import("./pull_dry_run.ts")).pullDryRun(run, pullRequest);
  if (flags.detach && run.context.job === undefined) {
    if (flags.output !== undefined) await refuseTaken(resolve(run.context.cwd, flags.output), flags.force ?? false);
    return await (await import("./detach.ts")).detach(run, flags, { remotes: [remoteName], packs: [] });
  }
  run.steps.about({ remote: remoteName });
  const result = await pull(pullRequest);
  const { pack, adapter } = result;
  const json = {
    pulled: true,
    remote: remoteName,
    output_path: result.outputPath,
    digest: pack.digest,
    size: result.sizeBytes,
    stream: pack.stream ?? "",
    release_id: pack.releaseId ?? "",
    version: pack.version ?? "",
    verified: result.verified,
    receipt_path: result.receiptPath,
    file_digest: result.fileDigest,
    pack_digest: result.packDigest,
    signatures: result.signatures,
    ref_confirmed: result.refConfirmed,
    adapter,
    attempts: result.attempts,
    resumed_bytes: result.resumedBytes,
    transfer_ms: result.elapsedMs,
    ...timesJson(run.steps.times),
  };
  const field = (
    name: string,
    value: string | undefined,
  ) => (value === undefined ? undefined : `  ${`${name}:`.padEnd(10)}${showText(value)}`);
  run.result(json, [
    `${run.paint.green("Pulled")} ${describeRef(ref)} from ${remoteName} (${showSize(result.sizeBytes)})`,
    field("Stream", pack.stream),
    field("Version", pack.version),
    field("Release", pack.releaseId),
    field("Digest", result.packDigest ?? result.fileDigest),
    result.refConfirmed ? undefined : `  ${run.paint.yellow("Not confirmed by the remote:")} which release this is`,
    field("Verified", verifiedText(result)),
    field("Adapter", `${adapter.name} (${adapter.assurance}; ${adapter.confinement})`),
    field("Output", relative(run.context.cwd, result.outputPath) || result.outputPath),
    field("Receipt", result.receiptPath),
  ]);
}

function verifiedText(result: { verified: boolean; signatures?: string }): string {
  if (!result.verified) return "digest only (--verify=false)";
  return result.signatures === "not_checked"
    ? "integrity; signatures were not checked"
    : "integrity; it has no signatures";
}
