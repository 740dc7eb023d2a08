import type { Session } from "../adapter/mod.ts";
import { hexOf } from "../digest/mod.ts";
import { EpackError } from "../errors.ts";
import {
  digestFile,
  type FileDigests,
  type Pack,
  requireCheckable,
  type VerifiedPack,
  type VerifyOptions,
  verifyPack,
} from "../pack/mod.ts";
import { supportsPrepareFinalize } from "../protocol/mod.ts";
import type { RemoteRequest } from "./request.ts";

/** A pack that may be sent: verified, and hashed as a whole through the same handle. */
export interface Sendable extends FileDigests {
  verified: VerifiedPack;
}

/** For a remote that is strict, a pack with attestations is not enough. @throws EpackError `pack_invalid`, `verification_failed`, … */
export async function verifyForPush(pack: Pack, request: RemoteRequest): Promise<Sendable> {
  const { signal, events, remote } = request;
  requireCheckable(pack, { integrityOnly: !remote.verify.strict });
  return await proveSendable(pack, { signal, onProgress: (done, total) => events.progress(done, total) });
}

/** The same for whatever remote. Attestations are sent on as they are: whether they are good is for who relies on them. */
export async function proveSendable(pack: Pack, options: VerifyOptions): Promise<Sendable> {
  const verified = await verifyPack(pack, { ...options, integrityOnly: true });
  return { verified, ...await digestFile(pack.file, options) };
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
