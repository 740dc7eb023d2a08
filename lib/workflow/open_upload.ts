import type { Session } from "../adapter/mod.ts";
import { AdapterError, type RequestFields, type StoredPart } from "../protocol/mod.ts";
import { together } from "../together.ts";
import { cutParts, type DigestedPart, digestParts, type Part, type PartBounds, planParts } from "../transfer/mod.ts";
import { type DeliveryRequest, hideToken, type ReleaseFields } from "./deliver.ts";
import { identityHints } from "./identity.ts";
import { requestWithRetries } from "./retry_request.ts";
import type { Sendable } from "./sendable.ts";
import type { SentPart } from "./upload_journal.ts";
import type { UploadState } from "./upload_state.ts";

/** What a delivery in parts is about. */
export interface PartsDelivery {
  release: ReleaseFields;
  request: DeliveryRequest;
  /** The adapter's. */
  bounds: PartBounds;
  state: UploadState;
}

export type UploadFields = RequestFields<"upload.status">;

/** An upload that is known to the adapter, and what it says to have of it. */
export interface OpenUpload {
  upload: UploadFields;
  finalizeToken: string;
  parts: readonly DigestedPart[];
  /** By number: those that need not be sent. */
  there: ReadonlyMap<number, SentPart>;
}

/** The adapter does not know an upload, or not any more. */
const FORGOTTEN = new Set(["not_found", "conflict", "invalid_request", "unsupported_protocol"]);

/** The earlier upload, as far as the adapter still has it, or a new one; undefined when it takes this pack in one piece only. */
export async function openUpload(
  session: Session,
  sendable: Sendable,
  delivery: PartsDelivery,
): Promise<OpenUpload | undefined> {
  return await goOn(session, sendable, delivery) ?? await beginAnew(session, sendable, delivery);
}

/** Undefined when there is no earlier upload, or it is of no use. */
async function goOn(
  session: Session,
  sendable: Sendable,
  { release, request, bounds, state: { saved } }: PartsDelivery,
): Promise<OpenUpload | undefined> {
  const plan = saved && cutParts(sendable.verified.sizeBytes, saved.part_bytes, bounds);
  if (saved === undefined || plan === undefined) return undefined;
  const upload = { remote: release.remote, target: release.target, uploadId: saved.upload_id };
  [saved.upload_id, saved.finalize_token].forEach((secret) => hideToken(session, secret));
  request.events.step("Asking what is there of an earlier upload");
  try {
    const [digests, status] = await together(request.signal, [
      (signal) => digestsOf(sendable, plan.parts, signal),
      () => requestWithRetries(session, "upload.status", { fields: upload, request }),
    ]);
    const parts = plan.parts.map((part, index) => ({ ...part, digest: digests[index] }));
    const there = partsThere(parts, { stored: status.parts, sent: saved.sent });
    return { upload, finalizeToken: saved.finalize_token, parts, there };
  } catch (error) {
    if (!(error instanceof AdapterError) || !FORGOTTEN.has(error.adapterCode)) throw error;
    request.events.warn(`an earlier upload cannot be gone on with, a new one begins: ${error.message}`);
    return undefined;
  }
}

/** Parts that need not be sent: of the right size, and with the digest, or the store's own mark of what was sent from here. */
function partsThere(
  parts: readonly DigestedPart[],
  { stored, sent }: { stored: readonly StoredPart[]; sent: ReadonlyMap<number, SentPart> },
): Map<number, SentPart> {
  const listed = new Map(stored.map((part) => [part.number, part]));
  const there = new Map<number, SentPart>();
  // one that is listed twice is not to be relied on
  if (listed.size < stored.length) return there;
  for (const { number, sizeBytes, digest } of parts) {
    const found = listed.get(number);
    const before = sent.get(number);
    if (found?.sizeBytes !== sizeBytes) continue;
    const isSame = found.digest !== undefined
      ? found.digest === digest
      : found.etag !== undefined && before?.digest === digest && before.etag === found.etag;
    if (isSame) there.set(number, { part: number, digest, etag: found.etag ?? before?.etag });
  }
  return there;
}

/** Undefined when the adapter cannot take this pack in parts after all. */
async function beginAnew(
  session: Session,
  sendable: Sendable,
  { release, request, bounds, state }: PartsDelivery,
): Promise<OpenUpload | undefined> {
  state.remove();
  const plan = planParts(sendable.verified.sizeBytes, bounds);
  if (plan === undefined) return undefined;
  request.events.step("Preparing the release");
  const fields = async () => ({
    ...release,
    identity: await identityHints(request, session),
    partBytes: plan.partBytes,
    partCount: plan.parts.length,
  });
  try {
    const [digests, { uploadId, finalizeToken, expiresAt }] = await together(request.signal, [
      (signal) => digestsOf(sendable, plan.parts, signal),
      () => requestWithRetries(session, "upload.begin", { fields, request }),
    ]);
    [uploadId, finalizeToken].forEach((secret) => hideToken(session, secret));
    state.begin({
      upload_id: uploadId,
      finalize_token: finalizeToken,
      part_bytes: plan.partBytes,
      expires_at: expiresAt,
    });
    const parts = plan.parts.map((part, index) => ({ ...part, digest: digests[index] }));
    const upload = { remote: release.remote, target: release.target, uploadId };
    return { upload, finalizeToken, parts, there: new Map() };
  } catch (error) {
    if (!(error instanceof AdapterError) || error.adapterCode !== "unsupported_protocol") throw error;
    request.events.warn(`the pack goes in one piece: ${error.message}`);
    return undefined;
  }
}

const digestsOf = ({ verified, fileDigest }: Sendable, parts: readonly Part[], signal: AbortSignal) =>
  digestParts({ file: verified.pack.file, fileDigest }, parts, { signal });
