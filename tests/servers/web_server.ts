/** What a server was sent. */
export interface Received {
  method: string;
  path: string;
  /** The query with its `?`; empty without one. */
  search: string;
  headers: Record<string, string>;
  body: Uint8Array;
}

export interface WebServer extends AsyncDisposable {
  origin: string;
  received: Received[];
}

/** A real HTTP server on loopback; `answer` gets each request with its whole body. With `tls` it speaks https. */
export function webServer(
  answer: (request: Received) => Response | Promise<Response>,
  options: { tls?: { cert: string; key: string } } = {},
): WebServer {
  const received: Received[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {}, ...options.tls }, async (request) => {
    const body = new Uint8Array(await request.arrayBuffer().catch(() => new ArrayBuffer(0)));
    const got = {
      method: request.method,
      path: new URL(request.url).pathname,
      search: new URL(request.url).search,
      headers: Object.fromEntries(request.headers),
      body,
    };
    received.push(got);
    return await answer(got);
  });
  return {
    origin: `${options.tls ? "https" : "http"}://${options.tls ? "localhost" : "127.0.0.1"}:${server.addr.port}`,
    received,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

export interface RawServer extends AsyncDisposable {
  origin: string;
  connections: () => number;
}

/** A TCP server that misbehaves: `serve` gets each connection, and a promise of the end. */
export function rawServer(serve: (connection: Deno.TcpConn, ended: Promise<void>) => Promise<void>): RawServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.TcpConn>();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  let count = 0;
  const accepting = (async () => {
    for await (const connection of listener) {
      count++;
      open.add(connection);
      void serve(connection, ended).catch(() => {}).finally(() => {
        open.delete(connection);
        try {
          connection.close();
        } catch { /* closed already */ }
      });
    }
  })();
  return {
    origin: `http://127.0.0.1:${listener.addr.port}`,
    connections: () => count,
    async [Symbol.asyncDispose]() {
      end();
      listener.close();
      for (const connection of open) {
        try {
          connection.close();
        } catch { /* closed already */ }
      }
      await accepting;
    },
  };
}

/** Reads the head of a request. */
export async function readHead(connection: Deno.TcpConn): Promise<string> {
  let text = "";
  const block = new Uint8Array(4096);
  while (!text.includes("\r\n\r\n")) {
    const count = await connection.read(block);
    if (count === null) break;
    text += new TextDecoder().decode(block.subarray(0, count));
  }
  return text;
}

/** Writes a text. */
export async function say(connection: Deno.TcpConn, text: string): Promise<void> {
  await connection.write(new TextEncoder().encode(text));
}
