import { createHasher } from "../digest/mod.ts";
import { EpackError } from "../errors.ts";
import { breather, readAt } from "../files/mod.ts";
import { TRANSFER, UPLOAD } from "../limits.ts";
import { type HttpAnswer, httpExchange, type HttpRequest, idleTimer, safeRedirect } from "../net/mod.ts";
import { bodyStart, httpFailure, networkFailure } from "./http_answer.ts";
import type { Endpoint, FileSlice, TransferOptions } from "./transfer_types.ts";

/**
 * Sends a file, or a part of one, with a content length (fetch would send a stream in chunks, which stores refuse). The bytes are
 * hashed again as they are sent, and the last block is held back until the digest is known to be right: what changed is never
 * complete on the other side.
 *
 * @returns what the store calls it, when it says so
 * @throws EpackError `adapter_protocol` (method), `pack_changed`, `transfer_failed`, `network`, `timeout`, `url_refused`
 */
export async function httpUpload(
  to: Endpoint,
  source: FileSlice,
  options: TransferOptions,
): Promise<{ etag?: string }> {
  const method = (to.method ?? "PUT").toUpperCase();
  if (method !== "PUT" && method !== "POST") {
    throw new EpackError("adapter_protocol", `the adapter asks to upload by ${JSON.stringify(method.slice(0, 20))}`, {
      origin: "adapter",
    });
  }
  let { url, headers } = to;
  for (let hop = 0; hop <= TRANSFER.redirects; hop++) {
    using timer = idleTimer({ ...options, what: `the upload to ${url.shown}` });
    try {
      const body = bodyOf(source, options);
      const { signal, touch: onMoved } = timer;
      using answer = await httpExchange(url, { method, headers, body }, { ...options, signal, onMoved });
      if (answer.status >= 200 && answer.status < 300 && answer.sentAll) return { etag: etagOf(answer) };
      const location = answer.headers.get("location");
      // 301 to 303 would turn into a GET that uploads nothing
      if ((answer.status !== 307 && answer.status !== 308) || location === undefined) {
        throw httpFailure(url, answer.status, {
          what: "the upload to",
          body: await bodyStart(answer),
          retryAfter: answer.headers.get("retry-after"),
        });
      }
      ({ url, headers } = safeRedirect(url, location, { headers }));
    } catch (error) {
      throw timer.signal.aborted ? timer.signal.reason : networkFailure(url, error, { what: "the upload to" });
    }
  }
  throw new EpackError(
    "transfer_failed",
    `the upload to ${to.url.shown} was redirected more than ${TRANSFER.redirects} times`,
    { origin: "remote" },
  );
}

/** An ETag of one line; another one is of no use. */
function etagOf(answer: HttpAnswer): string | undefined {
  const etag = answer.headers.get("etag");
  return etag !== undefined && etag.length <= UPLOAD.etagChars && /^[!-~]+$/.test(etag) ? etag : undefined;
}

/** The bytes as a request's body. Two blocks take turns: one is read while the other is held back. */
function bodyOf(
  { file, offset, sizeBytes, digest }: FileSlice,
  options: TransferOptions,
): NonNullable<HttpRequest["body"]> {
  return {
    sizeBytes,
    async send(write) {
      const { throttle, signal } = options;
      const pass = throttle === undefined ? write : (block: Uint8Array) => throttle.pass(block, { write, signal });
      const breathe = breather(signal);
      const hasher = createHasher();
      const blocks = [0, 1].map(() => new Uint8Array(Math.min(TRANSFER.uploadBlockBytes, sizeBytes)));
      let held: Uint8Array | undefined;
      let sent = 0;
      options.onProgress?.(0, sizeBytes);
      for (let read = 0, turn = 0; read < sizeBytes; turn ^= 1) {
        const block = blocks[turn].subarray(0, sizeBytes - read);
        if (readAt(file.file, offset + read, block) !== block.length) throw changed(file.path);
        hasher.update(block);
        read += block.length;
        if (held !== undefined) {
          await pass(held);
          sent += held.length;
          options.onProgress?.(sent, sizeBytes);
        }
        held = block;
        await breathe();
      }
      if (hasher.digest() !== digest || !file.stillSame()) throw changed(file.path);
      if (held !== undefined) await pass(held);
      options.onProgress?.(sizeBytes, sizeBytes);
    },
  };
}

/** The pack on disk is no longer the one that was verified. */
export function changed(path: string): EpackError {
  return new EpackError(
    "pack_changed",
    `the pack ${JSON.stringify(path)} changed after it was verified; nothing was released`,
    {
      origin: "input",
      hint: "push it again when it is no longer written to",
    },
  );
}
