import { EpackError } from "../errors.ts";
import { VERSION } from "../version.ts";
import { ConnectionReader } from "./connection_reader.ts";
import { bodyOf } from "./http_body.ts";
import { type HttpHead, readHead } from "./http_head.ts";
import { type ConnectionOptions, openConnection, writeAll } from "./open_connection.ts";
import type { SafeUrl } from "./safe_url.ts";

export type { ConnectionOptions } from "./open_connection.ts";

export interface HttpRequest {
  method: "GET" | "PUT" | "POST";
  /** Checked by `safeHeaders`. */
  headers: Readonly<Record<string, string>>;
  body?: {
    sizeBytes: number;
    /** Writes all of it; a block is free again when `write` is done with it. */
    send(write: (block: Uint8Array) => Promise<void>): Promise<void>;
  };
}

export interface HttpAnswer extends Disposable {
  readonly status: number;
  readonly headers: HttpHead["headers"];
  /** Of the body, as announced, in bytes. */
  readonly sizeBytes?: number;
  /** The whole request was sent. Not waited for when the answer is no success. */
  readonly sentAll: boolean;
  /** The next bytes of the body; null at its end. */
  read(into: Uint8Array): Promise<number | null>;
}

/**
 * One request and its answer over a connection of their own. Own code, since neither fetch nor node:http lets the address be judged
 * that a connection has: `fetch` shows none, and node's requests of Deno 2.6 take no look-up, no socket and no name for the
 * certificate. It is the faster one, too.
 *
 * The answer is listened for while the request is still being sent, so a refusal ends the sending.
 *
 * @param options.onMoved called when bytes were sent or received
 * @throws EpackError `url_refused`, `transfer_failed`, `network`; what `send` throws; what Deno throws for a failed connection
 */
export async function httpExchange(
  url: SafeUrl,
  request: HttpRequest,
  options: ConnectionOptions & { onMoved?: () => void },
): Promise<HttpAnswer> {
  const { signal, onMoved } = options;
  const connection = await openConnection(url, options);
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  let over = false;
  const close = () => {
    if (over) return;
    over = true;
    signal.removeEventListener("abort", onAbort);
    connection.close();
  };
  // closing ends what is under way, but for a write on Deno 2.6: it is not waited for
  const onAbort = () => {
    aborted.reject(signal.reason);
    close();
  };
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  const write = async (block: Uint8Array) => {
    if (over) throw new EpackError("network", `${url.shown} has answered already`, { origin: "network" });
    await writeAll(connection, block, onMoved);
  };
  const send = async () => {
    await write(headOf(url, request));
    await request.body?.send(write);
    return true;
  };
  try {
    const reader = new ConnectionReader(connection, { shown: url.shown, onMoved });
    const answered = readHead(reader);
    const sent = send();
    answered.catch(() => {});
    sent.catch(() => {});
    // a connection that can no longer be written to may still hold the answer that says why
    const failed = sent.catch(async (error) => {
      if (error instanceof EpackError) throw error;
      await answered.catch(() => Promise.reject(error));
      return false;
    });
    await Promise.race([failed, answered, aborted.promise]);
    const head = await Promise.race([answered, aborted.promise]);
    const body = bodyOf(head, reader);
    // a refusal ends the sending; what is no refusal says nothing before all was sent
    const refused = head.status >= 300;
    const sentAll = refused ? false : await Promise.race([failed, aborted.promise]);
    return { ...head, sizeBytes: body.sizeBytes, sentAll, read: body.read, [Symbol.dispose]: close };
  } catch (error) {
    close();
    throw error;
  }
}

function headOf(url: SafeUrl, { method, headers, body }: HttpRequest): Uint8Array {
  const { host, pathname, search } = new URL(url.href);
  const given = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const lines: [string, string][] = [["Host", host], ["Connection", "close"]];
  if (!given.has("user-agent")) lines.push(["User-Agent", `epack/${VERSION}`]);
  if (!given.has("accept")) lines.push(["Accept", "*/*"]);
  if (body === undefined) lines.push(["Accept-Encoding", "identity"]);
  else {
    if (!given.has("content-type")) lines.push(["Content-Type", "application/octet-stream"]);
    lines.push(["Content-Length", String(body.sizeBytes)]);
  }
  lines.push(...Object.entries(headers));
  const all = [`${method} ${pathname}${search} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`)];
  if (all.some((line) => /[^\t\u0020-\u007e\u0080-\u00ff]/.test(line))) {
    throw new EpackError("internal", "a request with a header that was not checked");
  }
  return Uint8Array.from([...all, "", ""].join("\r\n"), (character) => character.charCodeAt(0));
}
