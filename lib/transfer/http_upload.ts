import http from "node:http";
import https from "node:https";
import { createHasher } from "../digest/mod.ts";
import { EpackError } from "../errors.ts";
import { breather, readAt } from "../files/mod.ts";
import { TRANSFER } from "../limits.ts";
import { safeRedirect, type SafeUrl, trustedCerts } from "../net/mod.ts";
import { httpFailure, networkFailure } from "./http_answer.ts";
import { idleTimer } from "./idle_timer.ts";
import type { Endpoint, TransferOptions, UploadSource } from "./transfer_types.ts";

const METHODS = new Set(["PUT", "POST"]);

/**
 * Sends a file with a content length (fetch would send a stream in chunks, which stores refuse). The bytes are hashed again as
 * they are sent, and the last block is held back until the digest is known to be right: a file that changed is never complete on
 * the other side.
 *
 * @throws EpackError `pack_changed`, `transfer_failed`, `network`, `timeout`, `url_refused`
 */
export async function httpUpload(to: Endpoint, source: UploadSource, options: TransferOptions): Promise<void> {
  const method = (to.method ?? "PUT").toUpperCase();
  if (!METHODS.has(method)) {
    throw new EpackError("adapter_protocol", `the adapter asks to upload by ${JSON.stringify(method.slice(0, 20))}`, {
      origin: "adapter",
    });
  }
  let { url, headers } = to;
  for (let hop = 0; hop <= TRANSFER.redirects; hop++) {
    const answer = await send(url, { ...options, method, headers, source });
    if (answer.status >= 200 && answer.status < 300) return;
    // 301 to 303 would turn into a GET that uploads nothing
    if ((answer.status !== 307 && answer.status !== 308) || answer.location === undefined) {
      throw httpFailure(url, answer.status, { what: "the upload to", body: answer.body });
    }
    ({ url, headers } = safeRedirect(url, answer.location, { headers }));
  }
  throw new EpackError(
    "transfer_failed",
    `the upload to ${to.url.shown} was redirected more than ${TRANSFER.redirects} times`,
    { origin: "remote" },
  );
}

interface Answer {
  status: number;
  location?: string;
  body: string;
}

type SendOptions = TransferOptions & {
  method: string;
  headers: Readonly<Record<string, string>>;
  source: UploadSource;
};

async function send(url: SafeUrl, options: SendOptions): Promise<Answer> {
  const { source, method } = options;
  using timer = idleTimer({ ...options, what: `the upload to ${url.shown}` });
  // one text of all: of a list, Deno 2.6 takes the first alone
  const ca = (await trustedCerts(options.env)).join("\n") || undefined;
  const agent = url.kind === "https" ? new https.Agent({ ca }) : new http.Agent();
  const request = (url.kind === "https" ? https : http).request(url.href, {
    method,
    agent,
    headers: {
      "content-type": "application/octet-stream",
      ...options.headers,
      "content-length": String(source.file.sizeBytes),
    },
  });
  const answered = Promise.withResolvers<Answer>();
  answered.promise.catch(() => {});
  const fail = (error: unknown) =>
    answered.reject(timer.signal.aborted ? timer.signal.reason : networkFailure(url, error, { what: "the upload to" }));
  const onAbort = () => {
    fail(timer.signal.reason);
    request.destroy();
  };
  timer.signal.addEventListener("abort", onAbort);
  request.on("error", fail);
  request.on("close", () => fail(new Error("the connection was closed")));
  request.on("response", (response) => {
    let body = "";
    const done = () =>
      answered.resolve({ status: response.statusCode ?? 0, location: response.headers.location, body });
    response.on("data", (chunk: Uint8Array) => {
      timer.touch();
      if (body.length < TRANSFER.errorBodyBytes) body += new TextDecoder().decode(chunk);
    });
    response.on("end", done).on("error", done).on("aborted", done);
  });
  try {
    timer.signal.throwIfAborted();
    // an early answer (a refusal while bytes are still sent) ends the sending
    await Promise.race([pump(request, { ...options, touch: timer.touch, signal: timer.signal }), answered.promise]);
    return await answered.promise;
  } catch (error) {
    throw timer.signal.aborted ? timer.signal.reason : networkFailure(url, error, { what: "the upload to" });
  } finally {
    timer.signal.removeEventListener("abort", onAbort);
    request.destroy();
    agent.destroy();
  }
}

async function pump(request: http.ClientRequest, options: SendOptions & { touch: () => void }): Promise<void> {
  const { source: { file, fileDigest } } = options;
  const breathe = breather(options.signal);
  const hasher = createHasher();
  const write = (bytes: Uint8Array) =>
    new Promise<void>((resolve, reject) => request.write(bytes, (error) => (error ? reject(error) : resolve())));
  let held: Uint8Array | undefined;
  let sent = 0;
  for (let read = 0; read < file.sizeBytes;) {
    // each block is new: Deno 2.6 calls back before it has let go of a buffer, and would send the next block twice
    const block = new Uint8Array(Math.min(TRANSFER.uploadBlockBytes, file.sizeBytes - read));
    if (readAt(file.file, read, block) !== block.length) throw changed(file.path);
    hasher.update(block);
    read += block.length;
    if (held !== undefined) {
      await write(held);
      sent += held.length;
      options.touch();
      options.onProgress?.(sent, file.sizeBytes);
    }
    held = block;
    await breathe();
  }
  if (hasher.digest() !== fileDigest || !file.stillSame()) throw changed(file.path);
  if (held !== undefined) await write(held);
  request.end();
  options.onProgress?.(file.sizeBytes, file.sizeBytes);
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
