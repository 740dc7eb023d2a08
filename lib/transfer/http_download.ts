import { createHasher, type Digest } from "../digest/mod.ts";
import { EpackError } from "../errors.ts";
import { ioError, type ResumableStaging } from "../files/mod.ts";
import { TRANSFER } from "../limits.ts";
import { type HttpAnswer, httpExchange, idleTimer, safeRedirect, type SafeUrl } from "../net/mod.ts";
import { bodyStart, httpFailure, networkFailure, strongEtag } from "./http_answer.ts";
import { type Beginning, joins, rangeHeaders } from "./joining.ts";
import type { Endpoint, TransferOptions } from "./transfer_types.ts";

export interface DownloadBounds {
  /** Never more than this is written, in bytes. */
  maxBytes: number;
  /** The size that was announced; another one is an error. */
  expectedBytes?: number;
}

/** Where a download goes: a file of our own. */
export interface DownloadTarget {
  file: Deno.FsFile;
  path: string;
  /**
   * What is in the file already, and how to keep it. With it a download goes on where it stopped: whoever gives it compares the
   * finished file with an announced digest. Default: the file is empty, and each try begins at zero.
   */
  resume?: Pick<ResumableStaging, "part" | "note" | "forget">;
}

type SaveOptions = TransferOptions & DownloadBounds & {
  part: Beginning;
  /** The file is longer than it ever was. */
  onGrown: () => void;
};

/**
 * One try to read an address into a file, behind the part that is there already where the server agrees. Redirects are followed by
 * the rules of the first address.
 *
 * @param options.part kept up to date, also when this fails
 * @returns where the answer was joined on; the digest of the file when it came as a whole
 * @throws EpackError `transfer_failed`, `network`, `timeout`, `url_refused`, `pack_mismatch` (size), `io`
 */
export async function httpDownload(
  from: Endpoint,
  target: DownloadTarget,
  options: SaveOptions,
): Promise<{ joinedAt: number; digest?: Digest }> {
  const { part, expectedBytes } = options;
  using timer = idleTimer({ ...options, what: `the download from ${from.url.shown}` });
  let { url, headers } = from;
  try {
    for (let hop = 0; hop <= TRANSFER.redirects; hop++) {
      const { signal, touch: onMoved } = timer;
      const range = part.sizeBytes > 0 ? rangeHeaders(part) : {};
      const request = { method: "GET" as const, headers: { ...headers, ...range } };
      using answer = await httpExchange(url, request, { ...options, signal, onMoved });
      const location = answer.headers.get("location");
      if (answer.status >= 300 && answer.status < 400 && location !== undefined) {
        ({ url, headers } = safeRedirect(url, location, { headers }));
        continue;
      }
      const joined = answer.status === 206 && part.sizeBytes > 0 && joins(answer, part, expectedBytes);
      if (part.sizeBytes > 0 && !joined && (answer.status === 206 || answer.status === 416)) {
        await startOver(target, part);
        continue;
      }
      if (answer.status !== 200 && !joined) {
        throw httpFailure(url, answer.status, {
          what: "the download from",
          body: await bodyStart(answer),
          retryAfter: answer.headers.get("retry-after"),
        });
      }
      if (!joined) {
        await startOver(target, part);
        part.etag = strongEtag(answer);
      }
      const joinedAt = part.sizeBytes;
      return { joinedAt, digest: await save(answer, target, { ...options, signal, url, touch: onMoved }) };
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

/** Empties the file: what is in it is not the beginning of what comes. */
export async function startOver(target: DownloadTarget, part: Beginning): Promise<void> {
  target.resume?.forget();
  part.sizeBytes = 0;
  part.etag = undefined;
  await target.file.truncate(0);
}

/** Writes the body behind the part. Returns the digest of the file when all of it came in this answer. */
async function save(
  answer: HttpAnswer,
  target: DownloadTarget,
  options: SaveOptions & { url: SafeUrl; touch: () => void },
): Promise<Digest | undefined> {
  const { expectedBytes, maxBytes, url, part, throttle } = options;
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
  const announced = answer.sizeBytes === undefined ? undefined : part.sizeBytes + answer.sizeBytes;
  if (announced !== undefined && expectedBytes !== undefined && announced !== expectedBytes) {
    throw wrongSize(announced, expectedBytes);
  }
  const most = expectedBytes ?? maxBytes;
  const hasher = part.sizeBytes === 0 ? createHasher() : undefined;
  const mayBeKept = (part.etag ?? expectedBytes) !== undefined && answer.headers.get("accept-ranges") !== "none";
  const block = new Uint8Array(throttle?.stepBytes ?? TRANSFER.blockBytes);
  await target.file.seek(part.sizeBytes, Deno.SeekMode.Start);
  for (;;) {
    const missing = (expectedBytes ?? Infinity) - part.sizeBytes;
    const { filled, failure } = await fill(block, answer, { enough: missing || 1 });
    if (part.sizeBytes + filled > most) {
      throw expectedBytes === undefined
        ? new EpackError("limit_exceeded", `${url.shown} sends more than ${maxBytes} bytes`, { origin: "remote" })
        : wrongSize(`more than ${expectedBytes}`, expectedBytes);
    }
    const bytes = block.subarray(0, filled);
    hasher?.update(bytes);
    writeAll(target, bytes);
    part.sizeBytes += filled;
    if (filled > 0) {
      options.onGrown();
      options.onProgress?.(part.sizeBytes, expectedBytes);
    }
    if (mayBeKept && part.sizeBytes >= TRANSFER.keepBytes) target.resume?.note();
    if (failure !== undefined) throw failure;
    if (filled === 0) break;
    if (throttle !== undefined) {
      await throttle.take(filled, options.signal);
      options.touch();
    }
  }
  if (expectedBytes !== undefined && part.sizeBytes !== expectedBytes) {
    // where nothing but the end of the connection ends a body, a cut looks like an end
    const endsPlainly = answer.sizeBytes !== undefined || answer.headers.has("transfer-encoding");
    if (endsPlainly || part.sizeBytes > expectedBytes) throw wrongSize(part.sizeBytes, expectedBytes);
    throw new EpackError("network", `${url.shown} ended after ${part.sizeBytes} of ${expectedBytes} bytes`, {
      origin: "network",
    });
  }
  return hasher?.digest();
}

/** How long bytes that came may wait for more before they are written. */
const HELD_MS = 100;

/**
 * Reads until there is enough to be worth a write: TLS hands out 16 KiB at a time. Nothing was filled at the end; what came before a
 * failure counts.
 */
async function fill(
  block: Uint8Array,
  answer: HttpAnswer,
  options: { enough: number },
): Promise<{ filled: number; failure?: unknown }> {
  const enough = Math.min(block.length / 4, options.enough);
  const until = performance.now() + HELD_MS;
  let filled = 0;
  try {
    while (filled === 0 || (filled < enough && performance.now() < until)) {
      const count = await answer.read(block.subarray(filled));
      if (count === null) break;
      filled += count;
    }
    return { filled };
  } catch (failure) {
    return { filled, failure };
  }
}

/** Writes a block whole. @throws EpackError `io` that names the file */
export function writeAll(target: DownloadTarget, bytes: Uint8Array): void {
  try {
    for (let written = 0; written < bytes.length;) written += target.file.writeSync(bytes.subarray(written));
  } catch (error) {
    throw ioError(error, target.path, { what: "download" });
  }
}
