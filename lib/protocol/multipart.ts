/**
 * The extension `epack.multipart_upload`: a pack in parts, each sent and retried by itself, and found again after a crash. Only
 * adapters that offer it are sent these commands. docs/adapter-protocol-extensions.md describes it.
 */
import * as z from "zod";
import { UPLOAD } from "../limits.ts";
import type { Capabilities } from "./capabilities.ts";
import { type Camelized, fromWire } from "./case.ts";
import { count, digest, envelope, list, optional, packInfo, target, text, textMap, time } from "./fields.ts";
import { prepareRequest } from "./push.ts";
import { protocolError, reasonOf } from "./protocol_error.ts";

export const MULTIPART_UPLOAD = "epack.multipart_upload";

const positive = count.min(1);

/** What stands in `capabilities.extensions` under the extension's name. Absent bounds are the host's own. */
export const multipartOffer = z.object({
  version: z.literal(1),
  min_part_bytes: optional(positive),
  max_part_bytes: optional(positive),
  max_parts: optional(positive),
});

export const partNumber = z.number().int().min(1).max(UPLOAD.parts);
const etag = z.string().max(UPLOAD.etagChars);

/** A part as it is, or will be, with the store: its SHA-256 beside what the store calls it. */
const partFacts = { number: partNumber, size_bytes: count };

/** In place of push.prepare, with all its fields. */
export const uploadBeginRequest = prepareRequest.extend({
  type: z.literal("upload.begin"),
  /** Of every part but the last, which is what is left. */
  part_bytes: positive,
  part_count: partNumber,
});

export const uploadBeginResult = z.object({
  /** Opaque and secret, as the token is. */
  upload_id: text,
  finalize_token: text,
  /** When what was sent is thrown away. */
  expires_at: optional(time),
});

const ofUpload = { ...envelope, remote: text, target, upload_id: text };

/** Asks for addresses. Size and digest are named, so that they can be signed. */
export const uploadPartsRequest = z.object({
  type: z.literal("upload.parts"),
  ...ofUpload,
  parts: z.array(z.object({ ...partFacts, digest })),
});

export const partAddress = z.object({
  number: partNumber,
  method: optional(z.string()),
  url: text,
  headers: optional(textMap),
  expires_at: optional(time),
});

/** An address for each part that was asked for, and for no other. */
export const uploadPartsResult = z.object({ parts: list(partAddress) });

export const uploadStatusRequest = z.object({ type: z.literal("upload.status"), ...ofUpload });

export const storedPart = z.object({ ...partFacts, digest: optional(digest), etag: optional(etag) });

/** The parts that arrived whole. */
export const uploadStatusResult = z.object({ parts: list(storedPart) });

/** Puts the parts together. It makes no release: push.finalize does. */
export const uploadCompleteRequest = z.object({
  type: z.literal("upload.complete"),
  ...ofUpload,
  pack: packInfo,
  /** All of them, in order. `etag` is what the store answered to the part, when it did. */
  parts: z.array(z.object({ ...partFacts, digest, etag: etag.optional() })),
});

/** What the parts became, as far as the adapter knows. */
export const uploadCompleteResult = z.object({ size_bytes: optional(count), file_digest: optional(digest) });

export type MultipartOffer = Camelized<z.infer<typeof multipartOffer>>;
export type PartAddress = Camelized<z.infer<typeof partAddress>>;
export type StoredPart = Camelized<z.infer<typeof storedPart>>;

/**
 * The adapter's bounds of multi-part uploads; undefined when it does not offer them, or in a version that is not known here.
 *
 * @throws EpackError `adapter_protocol` when it offers them wrongly
 */
export function multipartOf(
  capabilities: Capabilities,
  options: { adapterName: string },
): MultipartOffer | undefined {
  const offer = capabilities.extensions?.[MULTIPART_UPLOAD];
  if (typeof offer !== "object" || offer === null || Array.isArray(offer) || offer.version !== 1) return undefined;
  const wrong = (reason: string) =>
    protocolError(options.adapterName, "--capabilities", { reason: `extensions.${MULTIPART_UPLOAD}: ${reason}` });
  const parsed = multipartOffer.safeParse(offer);
  if (!parsed.success) throw wrong(reasonOf(parsed.error));
  const { minPartBytes = 1, maxPartBytes = Infinity } = fromWire(parsed.data);
  if (minPartBytes > maxPartBytes) throw wrong("min_part_bytes is more than max_part_bytes");
  return fromWire(parsed.data);
}
