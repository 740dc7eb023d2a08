import { createHasher, type Digest } from "../digest/mod.ts";
import { EpackError } from "../errors.ts";
import { ioError } from "../files/mod.ts";
import { TRANSFER } from "../limits.ts";
import { type HttpAnswer, httpExchange, idleTimer, safeRedirect, type SafeUrl } from "../net/mod.ts";
import { bodyStart, httpFailure, networkFailure } from "./http_answer.ts";
import type { Endpoint, TransferOptions } from "./transfer_types.ts";

export interface DownloadBounds {
  /** Never more than this is written, in bytes. */
  maxBytes: number;
  /** The size that was announced; another one is an error. */
  expectedBytes?: number;
}

/** Where a download goes: an open, empty file of our own. */
export interface DownloadTarget {
  file: Deno.FsFile;
  path: string;
}

/**
 * Reads an address into a file, hashing on the way. Redirects are followed by the rules of the first address.
 *
 * @throws EpackError `transfer_failed`, `network`, `timeout`, `url_refused`, `pack_mismatch` (size), `io`
 */
export async function httpDownload(
  from: Endpoint,
  target: DownloadTarget,
  options: TransferOptions & DownloadBounds,
): Promise<{ fileDigest: Digest; sizeBytes: number }> {
  if ((from.method ?? "GET").toUpperCase() !== "GET") {
    throw new EpackError(
      "adapter_protocol",
      `the adapter asks to download by ${JSON.stringify((from.method ?? "").slice(0, 20))}`,
      { origin: "adapter" },
    );
  }
  using timer = idleTimer({ ...options, what: `the download from ${from.url.shown}` });
  let { url, headers } = from;
  try {
    for (let hop = 0; hop <= TRANSFER.redirects; hop++) {
      const { signal, touch: onMoved } = timer;
      using answer = await httpExchange(url, { method: "GET", headers }, { ...options, signal, onMoved });
      const location = answer.headers.get("location");
      if (answer.status >= 300 && answer.status < 400 && location !== undefined) {
        ({ url, headers } = safeRedirect(url, location, { headers }));
        continue;
      }
      if (answer.status !== 200) {
        throw httpFailure(url, answer.status, {
          what: "the download from",
          body: await bodyStart(answer),
          retryAfter: answer.headers.get("retry-after"),
        });
      }
      return await save(answer, target, { ...options, url });
    }
  } catch (error) {
    throw timer.signal.aborted ? timer.signal.reason : networkFailure(url, error, { what: "the download from" });
  }
  throw new EpackError(
    "transfer_failed",
    `the download from ${from.url.shown} was redirected more than ${TRANSFER.redirects} times`,
    { origin: "remote" },
  );
}

async function save(
  answer: HttpAnswer,
  target: DownloadTarget,
  options: TransferOptions & DownloadBounds & { url: SafeUrl },
) {
  const { expectedBytes, maxBytes, url } = options;
  const wrongSize = (sizeBytes: number | string, expected: number) =>
    new EpackError("pack_mismatch", `${url.shown} sends ${sizeBytes} bytes; ${expected} were announced`, {
      origin: "remote",
    });
  if ((answer.headers.get("content-encoding") ?? "identity") !== "identity") {
    throw new EpackError(
      "transfer_failed",
      `${url.shown} sends its answer compressed, though that was not asked for`,
      { origin: "remote" },
    );
  }
  if (answer.sizeBytes !== undefined && expectedBytes !== undefined && answer.sizeBytes !== expectedBytes) {
    throw wrongSize(answer.sizeBytes, expectedBytes);
  }
  const most = expectedBytes ?? maxBytes;
  const hasher = createHasher();
  let sizeBytes = 0;
  const block = new Uint8Array(TRANSFER.blockBytes);
  for (;;) {
    const filled = await fill(block, answer);
    if (filled === 0) break;
    sizeBytes += filled;
    if (sizeBytes > most) {
      throw expectedBytes === undefined
        ? new EpackError("limit_exceeded", `${url.shown} sends more than ${maxBytes} bytes`, { origin: "remote" })
        : wrongSize(`more than ${expectedBytes}`, expectedBytes);
    }
    hasher.update(block.subarray(0, filled));
    writeAll(target, block.subarray(0, filled));
    options.onProgress?.(sizeBytes, expectedBytes);
  }
  if (expectedBytes !== undefined && sizeBytes !== expectedBytes) throw wrongSize(sizeBytes, expectedBytes);
  return { fileDigest: hasher.digest(), sizeBytes };
}

/** Reads until there is enough to be worth a write: TLS hands out 16 KiB at a time. Returns 0 at the end. */
async function fill(block: Uint8Array, answer: HttpAnswer): Promise<number> {
  let filled = 0;
  while (filled < block.length / 4) {
    const count = await answer.read(block.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return filled;
}

/** Writes a block whole. @throws EpackError `io` that names the file */
export function writeAll(target: DownloadTarget, bytes: Uint8Array): void {
  try {
    for (let written = 0; written < bytes.length;) written += target.file.writeSync(bytes.subarray(written));
  } catch (error) {
    throw ioError(error, target.path, { what: "download" });
  }
}
