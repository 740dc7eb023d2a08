import { createHasher, type Digest } from "../digest/mod.ts";
import { EpackError } from "../errors.ts";
import { ioError } from "../files/mod.ts";
import { TRANSFER } from "../limits.ts";
import { safeRedirect, type SafeUrl, trustedCerts } from "../net/mod.ts";
import { httpFailure, networkFailure } from "./http_answer.ts";
import { idleTimer } from "./idle_timer.ts";
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
  using client = Deno.createHttpClient({ caCerts: from.url.kind === "https" ? await trustedCerts(options.env) : [] });
  let { url, headers } = from;
  try {
    for (let hop = 0; hop <= TRANSFER.redirects; hop++) {
      const response = await fetch(url.href, {
        headers: { ...headers, "accept-encoding": "identity" },
        redirect: "manual",
        signal: timer.signal,
        client,
      } as RequestInit);
      timer.touch();
      const location = response.headers.get("location");
      if (response.status >= 300 && response.status < 400 && location !== null) {
        await response.body?.cancel();
        ({ url, headers } = safeRedirect(url, location, { headers }));
        continue;
      }
      if (response.status !== 200) {
        throw httpFailure(url, response.status, { what: "the download from", body: await bodyStart(response) });
      }
      return await save(response, target, { ...options, touch: timer.touch, url });
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
  response: Response,
  target: DownloadTarget,
  options: TransferOptions & DownloadBounds & { touch: () => void; url: SafeUrl },
) {
  const wrongSize = (sizeBytes: number | string, expected: number) =>
    new EpackError("pack_mismatch", `${options.url.shown} sends ${sizeBytes} bytes; ${expected} were announced`, {
      origin: "remote",
    });
  const length = response.headers.get("content-length");
  const { expectedBytes, maxBytes } = options;
  const refuse = async (error: EpackError): Promise<never> => {
    await response.body?.cancel().catch(() => {});
    throw error;
  };
  const encoding = response.headers.get("content-encoding");
  if (encoding !== null && encoding !== "identity") {
    await refuse(
      new EpackError(
        "transfer_failed",
        `${options.url.shown} sends its answer compressed, though that was not asked for`,
        { origin: "remote" },
      ),
    );
  }
  if (length !== null && expectedBytes !== undefined && Number(length) !== expectedBytes) {
    await refuse(wrongSize(length, expectedBytes));
  }
  const most = expectedBytes ?? maxBytes;
  const hasher = createHasher();
  let sizeBytes = 0;
  if (response.body !== null) {
    const reader = response.body.getReader({ mode: "byob" });
    let buffer = new ArrayBuffer(TRANSFER.blockBytes);
    for (;;) {
      const { value, done } = await reader.read(new Uint8Array(buffer));
      if (done || value === undefined) break;
      options.touch();
      sizeBytes += value.length;
      if (sizeBytes > most) {
        await reader.cancel().catch(() => {});
        throw expectedBytes === undefined
          ? new EpackError("limit_exceeded", `${options.url.shown} sends more than ${maxBytes} bytes`, {
            origin: "remote",
          })
          : wrongSize(`more than ${expectedBytes}`, expectedBytes);
      }
      hasher.update(value);
      writeAll(target, value);
      options.onProgress?.(sizeBytes, expectedBytes);
      buffer = value.buffer;
    }
  }
  if (length !== null && Number(length) !== sizeBytes) {
    throw new EpackError(
      "network",
      `the download from ${options.url.shown} was cut off after ${sizeBytes} of ${length} bytes`,
      { origin: "network" },
    );
  }
  if (expectedBytes !== undefined && sizeBytes !== expectedBytes) throw wrongSize(sizeBytes, expectedBytes);
  return { fileDigest: hasher.digest(), sizeBytes };
}

/** Writes a block whole. @throws EpackError `io` that names the file */
export function writeAll(target: DownloadTarget, bytes: Uint8Array): void {
  try {
    for (let written = 0; written < bytes.length;) written += target.file.writeSync(bytes.subarray(written));
  } catch (error) {
    throw ioError(error, target.path, { what: "download" });
  }
}

async function bodyStart(response: Response): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > TRANSFER.errorBodyBytes) break;
  }
  return text.slice(0, TRANSFER.errorBodyBytes);
}
