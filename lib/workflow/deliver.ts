import type { Session } from "../adapter/mod.ts";
import { EpackError } from "../errors.ts";
import { UPLOAD } from "../limits.ts";
import { safeHeaders, safeUrl } from "../net/mod.ts";
import { assertNotExpired, type RequestFields, type Result } from "../protocol/mod.ts";
import { addressExpired, countSent, upload } from "../transfer/mod.ts";
import { deliverParts } from "./deliver_parts.ts";
import { identityHints } from "./identity.ts";
import { type RemoteRequest, transferOptions } from "./request.ts";
import { requestWithRetries } from "./retry_request.ts";
import type { Sendable } from "./sendable.ts";
import type { UploadState } from "./upload_state.ts";

/** What push.prepare and upload.begin say of a release, but for who pushes. */
export type ReleaseFields = Omit<RequestFields<"push.prepare">, "identity">;

export interface DeliveryRequest extends RemoteRequest {
  /** False: an upload that was cut off is not gone on with. */
  resume: boolean;
}

/** How the bytes got there. */
export interface TransferFacts {
  /** `skip`: the adapter had them or sent them itself. */
  method: "upload" | "parts" | "skip";
  /** 1 when the first try went through; of parts the most that one took. */
  attempts: number;
  /** Over the network or into the folder, tries that failed included. */
  bytesSent: number;
  /** How many there were, when the pack went in parts. */
  parts?: number;
  /** What an earlier push had sent already. */
  resumedBytes: number;
}

/** The bytes are there; push.finalize may make the release. */
export interface Delivered {
  finalizeToken: string;
  transfer: TransferFacts;
  /** Of an upload in parts: what a later push would need to go on. Whoever gets it disposes of it. */
  state?: UploadState;
  /** An earlier push was cut off after it had sent push.finalize. */
  finalizeSent: boolean;
}

/**
 * Brings a pack's bytes to where the adapter says: in parts where it offers that and the pack is long enough, else in one piece. Nothing
 * is released.
 *
 * @throws EpackError `pack_changed`, `adapter_protocol`, `url_refused` and what adapters and transfers throw
 */
export async function deliver(
  session: Session,
  sendable: Sendable,
  options: { release: ReleaseFields; request: DeliveryRequest },
): Promise<Delivered> {
  return await deliverParts(session, sendable, options) ?? await deliverWhole(session, sendable, options);
}

async function deliverWhole(
  session: Session,
  sendable: Sendable,
  { release, request }: { release: ReleaseFields; request: DeliveryRequest },
): Promise<Delivered> {
  const sent = countSent(transferOptions(request));
  let attempts = 0;
  for (let renewals = 0;; renewals++) {
    request.events.step("Preparing the release");
    const { upload: to, finalizeToken } = await requestWithRetries(session, "push.prepare", {
      fields: async () => ({ ...release, identity: await identityHints(request, session) }),
      request,
    });
    hideToken(session, finalizeToken);
    const done = (method: "upload" | "skip"): Delivered => ({
      finalizeToken,
      transfer: { method, attempts, bytesSent: sent.bytes(), resumedBytes: 0 },
      finalizeSent: false,
    });
    if (to.method?.toLowerCase() === "skip") return done("skip");
    const endpoint = endpointOf(session, to, request);
    request.events.step("Uploading");
    const source = { file: sendable.verified.pack.file, fileDigest: sendable.fileDigest };
    try {
      attempts += (await upload(endpoint, source, sent.options)).attempts;
      return done("upload");
    } catch (error) {
      if (renewals >= UPLOAD.renewals || !addressExpired(error, to.expiresAt)) throw error;
      attempts++;
      request.events.waiting("the address for the upload expired", 0);
    }
  }
}

function endpointOf(session: Session, to: Result<"push.prepare">["upload"], { remote, now }: DeliveryRequest) {
  const { features } = session.capabilities;
  if (features.directUpload && !features.prepareFinalize) {
    throw new EpackError(
      "adapter_protocol",
      `adapter "${session.name}" uploads by itself, and yet asks for an upload`,
      { origin: "adapter" },
    );
  }
  assertNotExpired(to.expiresAt, { now: now(), what: "upload", adapterName: session.name });
  const headers = safeHeaders(to.headers);
  return { url: safeUrl(to.url ?? "", { ...remote.transport, headers: to.headers }), method: to.method, headers };
}

/** A short one may be a word that stands in texts for other reasons. */
const SECRET_CHARS = 16;

/** Keeps what is opaque and secret out of what is shown of the adapter. */
export function hideToken(session: Session, token: string): void {
  if (token.length >= SECRET_CHARS) session.hide(token);
}
