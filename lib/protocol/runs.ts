/** `runs.sync`. */
import * as z from "zod";
import type { Camelized } from "./case.ts";
import { count, digest, envelope, list, target, text } from "./fields.ts";

export const runInfo = z.object({
  run_id: text,
  /** Absolute. */
  result_path: text,
  result_digest: digest,
});

export const runsSyncRequest = z.object({
  type: z.literal("runs.sync"),
  ...envelope,
  target,
  pack_digest: digest.optional(),
  /** In place of pack_digest in the field dialect. */
  file_digest: digest.optional(),
  runs: z.array(runInfo),
});

export const runSyncItem = z.object({ run_id: text, status: z.enum(["accepted", "rejected", "duplicate"]) });

/** An output of a run that did not arrive (field dialect). */
export const failedOutput = z.object({
  run_id: z.string().default(""),
  path: z.string().default(""),
  reason: z.string().default(""),
});

export const runsSyncResult = z.object({
  accepted: count.default(0),
  rejected: count.default(0),
  items: list(runSyncItem),
  failed_outputs: list(failedOutput),
});

export type RunInfo = Camelized<z.infer<typeof runInfo>>;
export type RunsSyncRequest = Camelized<z.infer<typeof runsSyncRequest>>;
export type RunSyncItem = Camelized<z.infer<typeof runSyncItem>>;
export type FailedOutput = Camelized<z.infer<typeof failedOutput>>;
export type RunsSyncResponse = Camelized<z.infer<typeof runsSyncResult>>;
