/** `push.prepare` and `push.finalize`. */
import * as z from "zod";
import type { Camelized } from "./case.ts";
import { authHints, digest, envelope, optional, packInfo, releaseInfo, target, text, textMap, time } from "./fields.ts";

export const prepareRequest = z.object({
  type: z.literal("push.prepare"),
  ...envelope,
  remote: text,
  target,
  pack: packInfo,
  release: releaseInfo,
  identity: authHints.optional(),
});

/** Where the bytes go. Method PUT when absent; `skip`: the adapter has them, or uploads them itself. */
export const uploadInfo = z.object({
  method: optional(z.string()),
  url: optional(z.string()),
  headers: optional(textMap),
  expires_at: optional(time),
}).refine((upload) => upload.method?.toLowerCase() === "skip" || upload.url !== undefined, "lacks its url");

export const prepareResult = z.object({
  upload: uploadInfo,
  /** Opaque and secret; may be kilobytes long. */
  finalize_token: text,
});

export const finalizeRequest = z.object({
  type: z.literal("push.finalize"),
  ...envelope,
  remote: text,
  target,
  pack: packInfo,
  finalize_token: text,
});

/** The release that a push made. */
export const releaseResult = z.object({
  release_id: text,
  pack_digest: digest,
  version: optional(z.string()),
  created_at: optional(time),
  canonical_ref: optional(z.string()),
});

export const finalizeResult = z.object({
  release: releaseResult,
  links: optional(textMap),
  extensions: optional(z.record(z.string(), z.json())),
});

export type PrepareRequest = Camelized<z.infer<typeof prepareRequest>>;
export type PrepareResponse = Camelized<z.infer<typeof prepareResult>>;
export type UploadInfo = Camelized<z.infer<typeof uploadInfo>>;
export type FinalizeRequest = Camelized<z.infer<typeof finalizeRequest>>;
export type FinalizeResponse = Camelized<z.infer<typeof finalizeResult>>;
export type ReleaseResult = Camelized<z.infer<typeof releaseResult>>;
