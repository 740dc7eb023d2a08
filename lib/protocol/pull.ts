/** `pull.prepare` and `pull.finalize`. */
import * as z from "zod";
import type { Camelized } from "./case.ts";
import { authHints, count, digest, envelope, list, optional, target, text, textMap, time } from "./fields.ts";

/** Exactly one of the four. */
export const packRef = z.object({
  digest: digest.optional(),
  release_id: text.optional(),
  version: text.optional(),
  latest: z.literal(true).optional(),
}).refine(
  (ref) => Object.values(ref).filter((value) => value !== undefined).length === 1,
  "names not exactly one release",
);

export const pullPrepareRequest = z.object({
  type: z.literal("pull.prepare"),
  ...envelope,
  remote: text,
  target,
  ref: packRef,
  identity: authHints.optional(),
});

/** Where the bytes come from. Method GET when absent. */
export const downloadInfo = z.object({
  method: optional(z.string()),
  url: text,
  headers: optional(textMap),
  expires_at: optional(time),
});

/** What the remote says of the pack. `digest` is of the file in the field dialect, the pack_digest in the package dialect. */
export const packMetadata = z.object({
  digest,
  /** Absent or 0: unknown. */
  size_bytes: optional(count),
  stream: optional(z.string()),
  created_at: optional(time),
  release_id: optional(z.string()),
  version: optional(z.string()),
  labels: list(z.string()),
});

export const pullPrepareResult = z.object({ download: downloadInfo, pack: packMetadata, finalize_token: text });

export const pullFinalizeRequest = z.object({
  type: z.literal("pull.finalize"),
  ...envelope,
  remote: text,
  target,
  digest,
  /** Equal to `digest`; old kits read this name. */
  pack_digest: digest.optional(),
  finalize_token: text,
});

/** Absent or true is confirmed. */
export const pullFinalizeResult = z.object({
  confirmed: optional(z.literal(true, "the adapter did not confirm the pull")),
});

export type PackRef = Camelized<z.infer<typeof packRef>>;
export type PullPrepareRequest = Camelized<z.infer<typeof pullPrepareRequest>>;
export type DownloadInfo = Camelized<z.infer<typeof downloadInfo>>;
export type PackMetadata = Camelized<z.infer<typeof packMetadata>>;
export type PullPrepareResponse = Camelized<z.infer<typeof pullPrepareResult>>;
export type PullFinalizeRequest = Camelized<z.infer<typeof pullFinalizeRequest>>;
export type PullFinalizeResponse = Camelized<z.infer<typeof pullFinalizeResult>>;
