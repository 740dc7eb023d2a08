import { readHead, say } from "./web_server.ts";

export interface ProxyServer extends AsyncDisposable {
  /** host:port */
  address: string;
  /** Heads of the requests that came. */
  asked: string[];
}

/**
 * An http proxy on loopback. `answer` gets the head of each CONNECT, and says where on loopback it leads to, or what to write and
 * close.
 */
export function proxyServer(answer: (head: string) => { port: number } | { says: string }): ProxyServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const asked: string[] = [];
  const open = new Set<Deno.TcpConn>();
  const serve = async (connection: Deno.TcpConn) => {
    const head = await readHead(connection);
    asked.push(head);
    const answered = answer(head);
    if ("says" in answered) {
      await say(connection, answered.says);
      return;
    }
    const target = await Deno.connect({ hostname: "127.0.0.1", port: answered.port });
    open.add(target);
    await say(connection, "HTTP/1.1 200 Connection established\r\n\r\n");
    await Promise.all([
      connection.readable.pipeTo(target.writable),
      target.readable.pipeTo(connection.writable),
    ]);
  };
  const accepting = (async () => {
    for await (const connection of listener) {
      open.add(connection);
      void serve(connection).catch(() => {}).finally(() => close(connection));
    }
  })();
  return {
    address: `127.0.0.1:${listener.addr.port}`,
    asked,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of open) close(connection);
      await accepting;
    },
  };
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch { /* closed already */ }
}
