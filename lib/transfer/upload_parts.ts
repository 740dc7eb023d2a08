import type { Digest } from "../digest/mod.ts";
import type { RegularFile } from "../files/mod.ts";
import { UPLOAD } from "../limits.ts";
import { together } from "../together.ts";
import { countSent } from "./count_sent.ts";
import { addressExpired } from "./http_answer.ts";
import { httpUpload } from "./http_upload.ts";
import type { Part } from "./part_plan.ts";
import { withRetries } from "./retry.ts";
import type { Endpoint, TransferOptions } from "./transfer_types.ts";

/** A part, and the digest that its bytes must still have. */
export interface DigestedPart extends Part {
  digest: Digest;
}

export interface PartsOptions extends TransferOptions {
  signal: AbortSignal;
  /** Where a part goes; `renew`: the address that was given before expired. */
  addressOf(part: DigestedPart, options: { renew: boolean }): Promise<Endpoint & { expiresAt?: string }>;
  /** The store took the part. */
  onSent(part: DigestedPart, answer: { etag?: string }): void;
  /** Bytes that are there already, of `totalBytes`; for the progress. */
  doneBytes: number;
  totalBytes: number;
}

/**
 * Sends parts of an open file side by side, each tried again by itself; an address that expired is asked for anew. Bytes are hashed
 * again as they are sent: of a file that changed no part is complete on the other side.
 *
 * @returns the most tries that one part took, and what was sent in all of them
 * @throws EpackError as `upload`, and what `addressOf` throws
 */
export async function uploadParts(
  file: RegularFile,
  parts: readonly DigestedPart[],
  options: PartsOptions,
): Promise<{ attempts: number; bytesSent: number }> {
  const done = new Map<number, number>();
  const tasks = parts.map((part) => async (signal: AbortSignal) => {
    const onProgress = (bytes: number) => {
      done.set(part.number, bytes);
      options.onProgress?.(sum(done.values(), options.doneBytes), options.totalBytes);
    };
    const { etag, ...facts } = await sendPart(file, part, { ...options, signal, onProgress });
    options.onSent(part, { etag });
    return facts;
  });
  const sent = await together(options.signal, tasks, { atOnce: UPLOAD.partsAtOnce });
  return {
    attempts: Math.max(0, ...sent.map(({ attempts }) => attempts)),
    bytesSent: sum(sent.map(({ bytesSent }) => bytesSent)),
  };
}

async function sendPart(file: RegularFile, part: DigestedPart, options: PartsOptions) {
  const { offset, sizeBytes, digest } = part;
  const sent = countSent(options);
  let attempts = 0;
  for (let renewals = 0;; renewals++) {
    const to = await options.addressOf(part, { renew: renewals > 0 });
    try {
      const { value: { etag } } = await withRetries(() => {
        attempts++;
        return httpUpload(to, { file, offset, sizeBytes, digest }, sent.options);
      }, options);
      return { attempts, bytesSent: sent.bytes(), etag };
    } catch (error) {
      if (renewals >= UPLOAD.renewals || !addressExpired(error, to.expiresAt)) throw error;
    }
  }
}

function sum(numbers: Iterable<number>, start = 0): number {
  let total = start;
  for (const number of numbers) total += number;
  return total;
}
