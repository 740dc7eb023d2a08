/** An HTTP/1.1 server on loopback that is written by hand, so that it can break every rule: a fault gets each connection. */

/** One request, on a connection of its own. */
export interface Exchange {
  readonly connection: Deno.Conn;
  /** Of the server's requests: 1 for the first. */
  readonly number: number;
  readonly request: FaultyRequest;
  /** Where this server is. */
  readonly origin: string;
  send(...parts: (string | Uint8Array)[]): Promise<void>;
  /** Reads the request's body, or so many bytes of it. Gives what came before the client's end. */
  receive(bytes?: number): Promise<Uint8Array>;
  /** Settles when the server ends: for faults that do nothing any more. */
  readonly ended: Promise<void>;
}

export interface FaultyRequest {
  method: string;
  path: string;
  /** Names in lower case. */
  headers: ReadonlyMap<string, string>;
  /** What was read of its body. */
  body: Uint8Array;
}

/** Answers a request, or does not. When it returns, the connection is closed: with a reset where bytes were left unread. */
export type Fault = (exchange: Exchange) => Promise<void>;

export interface FaultyServer extends AsyncDisposable {
  origin: string;
  port: number;
  requests: FaultyRequest[];
}

export interface FaultyOptions {
  tls?: { cert: string; key: string };
  /** Of the origin. Default: https with `tls`. */
  scheme?: string;
  /** The last byte of a request's head stays unread, so that closing the connection resets it. */
  resets?: (number: number) => boolean;
  /** Gets connections in place of requests: for what goes wrong before there is one. */
  beforeRequest?: (connection: Deno.Conn, number: number) => Promise<"go on" | "close">;
}

export function faultyServer(fault: Fault, options: FaultyOptions = {}): FaultyServer {
  const at = { hostname: "127.0.0.1", port: 0 };
  const listener: Deno.Listener<Deno.Conn, Deno.NetAddr> = options.tls
    ? Deno.listenTls({ ...at, ...options.tls })
    : Deno.listen(at);
  const { port } = listener.addr;
  const scheme = options.scheme ?? (options.tls ? "https" : "http");
  const origin = `${scheme}://${scheme === "https" ? "localhost" : "127.0.0.1"}:${port}`;
  const requests: FaultyRequest[] = [];
  const open = new Set<Deno.Conn>();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  let connections = 0;

  const serve = async (connection: Deno.Conn) => {
    const before = await options.beforeRequest?.(connection, ++connections);
    if (before === "close") return;
    const number = requests.length + 1;
    const resets = options.resets?.(number) ?? false;
    const head = await readHead(connection, { unread: resets ? 1 : 0 });
    if (head === undefined) return;
    requests.push(head.request);
    await fault(exchangeOf(connection, head, { number, origin, ended }));
  };
  const accepting = (async () => {
    for (;;) {
      const connection = await listener.accept().catch((error) => {
        // a client that gives up in the handshake is no reason to stop
        if (error instanceof Deno.errors.BadResource) return "over" as const;
        return undefined;
      });
      if (connection === "over") break;
      if (connection === undefined) continue;
      open.add(connection);
      void serve(connection).catch(() => {}).finally(() => {
        open.delete(connection);
        close(connection);
      });
    }
  })();
  return {
    origin,
    port,
    requests,
    async [Symbol.asyncDispose]() {
      end();
      listener.close();
      for (const connection of open) close(connection);
      await accepting;
    },
  };
}

interface Head {
  request: FaultyRequest;
  /** Of the body, read with the head. */
  rest: Uint8Array;
}

function exchangeOf(
  connection: Deno.Conn,
  { request, rest }: Head,
  more: Pick<Exchange, "number" | "origin" | "ended">,
): Exchange {
  let waiting = rest;
  return {
    ...more,
    connection,
    request,
    async send(...parts) {
      for (const part of parts) {
        const bytes = typeof part === "string" ? new TextEncoder().encode(part) : part;
        for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
      }
    },
    async receive(bytes = Number(request.headers.get("content-length") ?? 0)) {
      const block = new Uint8Array(64 * 1024);
      const got = [request.body];
      for (let filled = request.body.length; filled < bytes;) {
        if (waiting.length === 0) {
          const count = await connection.read(block.subarray(0, bytes - filled)).catch(() => null);
          if (count === null) break;
          waiting = block.slice(0, count);
        }
        const part = waiting.subarray(0, bytes - filled);
        waiting = waiting.subarray(part.length);
        got.push(part);
        filled += part.length;
      }
      return request.body = joined(got);
    },
  };
}

/** Reads up to the end of the head, byte by byte where the last one is to stay unread. */
async function readHead(connection: Deno.Conn, { unread }: { unread: 0 | 1 }): Promise<Head | undefined> {
  const block = new Uint8Array(unread === 1 ? 1 : 4096);
  let bytes = new Uint8Array();
  const mark = unread === 1 ? "\r\n\r" : "\r\n\r\n";
  for (;;) {
    const text = new TextDecoder("latin1").decode(bytes);
    const end = text.indexOf(mark);
    if (end >= 0) return { request: parse(text.slice(0, end)), rest: bytes.slice(end + mark.length) };
    const count = await connection.read(block);
    if (count === null) return undefined;
    bytes = joined([bytes, block.subarray(0, count)]);
  }
}

function parse(head: string): FaultyRequest {
  const [first, ...lines] = head.split("\r\n");
  const [method, path] = first.split(" ");
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { method, path, headers: new Map(headers), body: new Uint8Array() };
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch { /* closed already */ }
}
