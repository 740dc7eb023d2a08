import { showText } from "../../codec/mod.ts";
import { findProject } from "../../config/mod.ts";
import { EpackError } from "../../errors.ts";
import { listReceipts, type ReceiptKind, type StoredReceipt } from "../../receipt/mod.ts";
import type { CommandRun } from "../command_run.ts";
import { columns } from "../render/columns.ts";
import { showSize } from "../render/size.ts";
import { showTime } from "../render/time.ts";
import type { ReceiptsFlags } from "./receipts_show.ts";

export interface ReceiptsListFlags extends ReceiptsFlags {
  remote?: string;
  kind?: ReceiptKind;
  since?: Date;
  digest?: string;
  limit?: number;
}

export default async function (run: CommandRun, flags: ReceiptsListFlags): Promise<void> {
  const project = await findProject(run.context.cwd, { configPath: flags.config });
  const { kind, remote, since, limit } = flags;
  const { receipts, damaged } = await listReceipts(project.root, {
    kind,
    remote: checkedName(remote),
    since,
    limit,
    digest: checkedDigest(flags.digest),
  });
  for (const { reason } of damaged) run.steps.warn(showText(reason));
  run.result(
    { receipts: receipts.map(jsonOf), damaged },
    receipts.length === 0 ? ["No receipts."] : columns(receipts.map(rowOf)),
  );
}

function jsonOf({ name, path, kind, receipt }: StoredReceipt) {
  return {
    receipt: name,
    path,
    kind,
    remote: receipt.remote,
    created_at: receipt.createdAt.toISOString(),
    pack: receipt.packPath,
    file_digest: receipt.fileDigest,
    pack_digest: receipt.packDigest,
    announced_digest: receipt.announced,
    size: receipt.sizeBytes,
    stream: receipt.stream,
    release_id: receipt.releaseId,
    version: receipt.version,
    verified: receipt.verified,
  };
}

function rowOf({ name, kind, receipt }: StoredReceipt): string[] {
  const { createdAt, remote, version, releaseId, sizeBytes } = receipt;
  return [
    showTime(createdAt),
    kind,
    showText(remote),
    showText(version ?? releaseId ?? "-"),
    showSize(sizeBytes),
    name,
  ];
}

/** A name that is a folder's. @throws EpackError `usage` */
function checkedName(remote: string | undefined): string | undefined {
  if (remote === undefined || /^[a-z0-9][a-z0-9._-]{0,63}$/.test(remote)) return remote;
  throw new EpackError("usage", `${JSON.stringify(remote)} is not the name of a remote`, { origin: "input" });
}

/** @throws EpackError `usage` */
function checkedDigest(digest: string | undefined): string | undefined {
  if (digest === undefined || /^(?:sha256:)?[0-9a-f]{1,64}$/.test(digest)) return digest;
  throw new EpackError("usage", `${JSON.stringify(digest)} is not how a digest begins`, {
    origin: "input",
    hint: "a digest is sha256: followed by 64 lower-case hex digits; the first of them are enough",
  });
}
