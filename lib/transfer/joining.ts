/** Going on with a download: what to ask for, and whether the answer is what was asked for (RFC 9110, 13.1.5 and 14). */
import type { HttpAnswer } from "../net/mod.ts";
import { strongEtag } from "./http_answer.ts";

/** What of a download is in its file. */
export interface Beginning {
  /** In bytes, from the file's beginning. */
  sizeBytes: number;
  /** A strong ETag, when the server gave one. */
  etag?: string;
}

/**
 * Headers that ask for what is missing. With an ETag the server itself says when the file is another one by now; without one, the
 * size in its answer and the digest at the end have to.
 */
export function rangeHeaders({ sizeBytes, etag }: Beginning): Record<string, string> {
  const range = { Range: `bytes=${sizeBytes}-` };
  return etag === undefined ? range : { ...range, "If-Range": etag };
}

/**
 * True when an answer of status 206 begins where the part ends, goes up to the end of the file, and is of the same version and size.
 *
 * @param expectedBytes of the whole file, when it was announced
 */
export function joins(answer: HttpAnswer, part: Beginning, expectedBytes: number | undefined): boolean {
  const [, first, last, total] = answer.headers.get("content-range")?.match(
    /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i,
  ) ?? [];
  const size = total === "*" ? expectedBytes : Number(total);
  if (size === undefined || (expectedBytes !== undefined && size !== expectedBytes)) return false;
  if (Number(first) !== part.sizeBytes || Number(last) !== size - 1) return false;
  if (answer.sizeBytes !== undefined && answer.sizeBytes !== size - part.sizeBytes) return false;
  return part.etag === undefined || !answer.headers.has("etag") || strongEtag(answer) === part.etag;
}
