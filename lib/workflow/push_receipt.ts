import type { PushResult } from "./push.ts";
import { runsFacts } from "./sync_runs.ts";

/** The receipt's own spelling, which other tools read too. */
export function pushReceipt(result: Omit<PushResult, "receiptPath">, remote: string): Record<string, unknown> {
  const { release, pack } = result;
  return {
    remote,
    target: result.target,
    pack: { path: pack.path, digest: pack.packDigest, file_digest: pack.fileDigest, size_bytes: pack.sizeBytes },
    release: {
      release_id: release.releaseId,
      pack_digest: release.packDigest,
      version: release.version,
      created_at: release.createdAt,
      canonical_ref: release.canonicalRef,
    },
    links: result.links,
    runs: runsFacts(result.runs),
    adapter: result.adapter,
    transfer: transferFacts(result),
    elapsed_ms: result.elapsedMs,
    signatures: pack.signatures,
  };
}

/** As results and receipts spell it. */
export function transferFacts({ transfer }: Pick<PushResult, "transfer">) {
  const { method, attempts, bytesSent, parts, resumedBytes } = transfer;
  return { method, attempts, bytes_sent: bytesSent, parts, resumed_bytes: resumedBytes };
}
