import type { Session } from "../adapter/mod.ts";
import { hexOf } from "../digest/mod.ts";
import { EpackError } from "../errors.ts";
import { digestFile, type FileDigests, type Pack, type VerifiedPack, verifyPack } from "../pack/mod.ts";
import { supportsPrepareFinalize } from "../protocol/mod.ts";
import type { RemoteRequest } from "./request.ts";

/** A pack that may be sent: verified, and hashed as a whole through the same handle. */
export interface Sendable extends FileDigests {
  verified: VerifiedPack;
}

/** @throws EpackError `pack_invalid`, `signature_invalid`, … */
export async function verifyForPush(pack: Pack, request: RemoteRequest): Promise<Sendable> {
  const { signal, events } = request;
  // a push sends attestations on as they are: whether they are good is for who relies on them, unless the remote is strict
  const verified = await verifyPack(pack, {
    signal,
    integrityOnly: !request.remote.verify.strict,
    onProgress: (done, total) => events.progress(done, total),
  });
  return { verified, ...await digestFile(pack.file, { signal }) };
}

/** @throws EpackError `unsupported`, `limit_exceeded` when the adapter would not take the pack */
export function requireAccepted(session: Session, { verified }: Sendable): void {
  const { features, limits } = session.capabilities;
  if (!supportsPrepareFinalize(session.capabilities) && !features.directUpload) {
    throw new EpackError("unsupported", `adapter "${session.name}" cannot push`, { origin: "adapter" });
  }
  if (limits.maxPackBytes && verified.sizeBytes > limits.maxPackBytes) {
    throw new EpackError(
      "limit_exceeded",
      `the pack has ${verified.sizeBytes} bytes; the remote takes at most ${limits.maxPackBytes}`,
      { origin: "remote" },
    );
  }
}

/** The pack as both dialects describe it. */
export function describePack({ verified, fileDigest, checksumMd5 }: Sendable) {
  return {
    path: verified.pack.path,
    digest: verified.packDigest,
    sizeBytes: verified.sizeBytes,
    manifestDigest: hexOf(verified.manifestDigest),
    fileDigest,
    checksum: checksumMd5,
  };
}

/** What results and receipts say of the pack. */
export function packFacts({ verified, fileDigest }: Sendable) {
  const { pack, packDigest, sizeBytes, signatures } = verified;
  return { path: pack.path, packDigest, fileDigest, sizeBytes, signatures };
}
