import type { Session } from "../adapter/mod.ts";
import { type JsonValue, showSize } from "../codec/mod.ts";
import type { Remote } from "../config/mod.ts";
import { EpackError } from "../errors.ts";
import { AdapterError, multipartOf } from "../protocol/mod.ts";
import { type PartBounds, planParts, uploadParts } from "../transfer/mod.ts";
import type { Delivered, DeliveryRequest, ReleaseFields } from "./deliver.ts";
import { type OpenUpload, openUpload } from "./open_upload.ts";
import { partAddresses } from "./part_addresses.ts";
import { transferOptions } from "./request.ts";
import { requestWithRetries } from "./retry_request.ts";
import type { Sendable } from "./sendable.ts";
import type { SentPart } from "./upload_journal.ts";
import { UploadState } from "./upload_state.ts";

/** Errors of upload.complete after which the same upload may still be completed. */
const KEPT = new Set(["auth_required", "rate_limited", "network_error"]);

/**
 * Delivers a pack in parts, going on with what an earlier push left; undefined when the adapter does not offer that, or not for
 * this pack. Nothing is released.
 *
 * @throws EpackError as `deliver`; `pack_mismatch` when the parts became another file
 */
export async function deliverParts(
  session: Session,
  sendable: Sendable,
  { release, request }: { release: ReleaseFields; request: DeliveryRequest },
): Promise<Delivered | undefined> {
  const { sizeBytes } = sendable.verified;
  const projectRoot = request.project.root;
  const bounds = boundsFor(sizeBytes, session);
  // a release that may have been made is asked for again, whatever the adapter offers now
  if (bounds === undefined && !await UploadState.isAnyLeft(projectRoot)) return undefined;
  using held = new DisposableStack();
  const state = held.use(
    await UploadState.open({
      projectRoot,
      tiedTo: tiedTo(release, sendable, request.remote),
      resume: request.resume,
      now: request.now(),
    }),
  );
  const { saved } = state;
  if (saved?.finalizing) {
    request.events.warn("an earlier push was cut off while it made this release: it is asked for again");
    const parts = Math.ceil(sizeBytes / saved.part_bytes);
    const transfer = { method: "parts" as const, attempts: 0, bytesSent: 0, parts, resumedBytes: sizeBytes };
    held.move();
    return { finalizeToken: saved.finalize_token, transfer, state, finalizeSent: true };
  }
  const open = bounds && await openUpload(session, sendable, { release, request, bounds, state });
  if (open === undefined) return undefined;
  const { upload, finalizeToken, parts } = open;
  const missing = parts.filter(({ number }) => !open.there.has(number));
  const resumedBytes = sizeBytes - missing.reduce((sum, part) => sum + part.sizeBytes, 0);
  const there = `Uploading what is missing: ${showSize(resumedBytes)} are there already`;
  request.events.step(resumedBytes === 0 ? "Uploading" : there);
  const sent = new Map(open.there);
  const { attempts, bytesSent } = await uploadParts(sendable.verified.pack.file, missing, {
    ...transferOptions(request),
    signal: request.signal,
    addressOf: partAddresses(session, { upload, parts: missing, request }),
    onSent({ number, digest }, { etag }) {
      const line = { part: number, digest, etag };
      sent.set(number, line);
      state.add(line);
    },
    doneBytes: resumedBytes,
    totalBytes: sizeBytes,
  });
  await complete(session, sendable, { open, sent, release, request, state });
  held.move();
  const transfer = { method: "parts" as const, attempts, bytesSent, parts: parts.length, resumedBytes };
  return { finalizeToken, transfer, state, finalizeSent: false };
}

/** The adapter's bounds, when it takes a pack of this size in parts. */
function boundsFor(sizeBytes: number, { capabilities, name }: Session): PartBounds | undefined {
  const bounds = multipartOf(capabilities, { adapterName: name });
  const isPossible = bounds !== undefined && capabilities.features.prepareFinalize;
  return isPossible && planParts(sizeBytes, bounds) !== undefined ? bounds : undefined;
}

/** All that a push must have in common with the one whose upload it goes on with. */
function tiedTo(release: ReleaseFields, { fileDigest, verified }: Sendable, remote: Remote): JsonValue {
  const { pack: _path, ...said } = release;
  const { adapterName, endpoint, authEndpoint } = remote;
  const tie = { ...said, adapterName, endpoint, authEndpoint, fileDigest, sizeBytes: verified.sizeBytes };
  return JSON.parse(JSON.stringify(tie));
}

/** Puts the parts together; what they became must be the pack. */
async function complete(
  session: Session,
  { verified, fileDigest }: Sendable,
  options: {
    open: OpenUpload;
    sent: ReadonlyMap<number, SentPart>;
    release: ReleaseFields;
    request: DeliveryRequest;
    state: UploadState;
  },
): Promise<void> {
  const { open, sent, release, request, state } = options;
  const parts = open.parts.map(({ number, sizeBytes, digest }) => ({
    number,
    sizeBytes,
    digest,
    etag: sent.get(number)?.etag,
  }));
  const fields = { ...open.upload, pack: release.pack, parts };
  request.events.step("Putting the parts together");
  try {
    const made = await requestWithRetries(session, "upload.complete", { fields, request });
    if (
      (made.sizeBytes ?? verified.sizeBytes) === verified.sizeBytes && (made.fileDigest ?? fileDigest) === fileDigest
    ) {
      return;
    }
  } catch (error) {
    if (error instanceof AdapterError && !error.retryable && !KEPT.has(error.adapterCode)) state.remove();
    throw error;
  }
  state.remove();
  throw new EpackError("pack_mismatch", "the remote put the parts together to another file; nothing was released", {
    origin: "remote",
  });
}
