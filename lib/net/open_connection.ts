import { EpackError } from "../errors.ts";
import { trustedCerts } from "./certs.ts";
import { ConnectionReader } from "./connection_reader.ts";
import { connectToFirst, dial, type DialOptions } from "./dial.ts";
import { readHead } from "./http_head.ts";
import { type Proxy, proxyFor } from "./proxy.ts";
import { systemAddresses } from "./resolve.ts";
import type { SafeUrl } from "./safe_url.ts";

export interface ConnectionOptions extends DialOptions {
  /** For proxies and SSL_CERT_FILE. */
  env: Readonly<Record<string, string>>;
}

/**
 * A connection to the host of an adapter's URL that is ready for a request: to an address that was judged, and for https with a
 * certificate for that host's name.
 *
 * Through a proxy of the environment, the proxy resolves the name: what address it finds cannot be known, nor judged, here. Literal
 * addresses were judged with their URL.
 *
 * @throws EpackError as {@link dial}, `unsupported` and `transfer_failed` about the proxy; what Deno throws for a failed connection
 */
export async function openConnection(url: SafeUrl, options: ConnectionOptions): Promise<Deno.Conn> {
  const proxy = proxyFor(url, options.env);
  const plain = proxy === undefined ? await dial(url, options) : await tunnel(url, { ...options, proxy });
  if (url.kind === "http") return plain;
  let secured: Deno.TlsConn | undefined;
  try {
    const caCerts = await trustedCerts(options.env);
    secured = await Deno.startTls(plain, { hostname: url.hostname, caCerts, alpnProtocols: ["http/1.1"] });
  } finally {
    if (secured === undefined) close(plain);
  }
  return await orClose(secured, { ...options, run: () => secured.handshake() });
}

async function tunnel(url: SafeUrl, options: ConnectionOptions & { proxy: Proxy }): Promise<Deno.TcpConn> {
  const { proxy } = options;
  const addresses = await systemAddresses(proxy.hostname);
  const connection = await connectToFirst(addresses, { port: proxy.port, signal: options.signal });
  const host = `${url.hostname.includes(":") ? `[${url.hostname}]` : url.hostname}:${url.port}`;
  const lines = [`CONNECT ${host} HTTP/1.1`, `Host: ${host}`];
  if (proxy.authorization !== undefined) lines.push(`Proxy-Authorization: ${proxy.authorization}`);
  return await orClose(connection, {
    ...options,
    async run() {
      await writeAll(connection, new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
      const reader = new ConnectionReader(connection, { shown: `the proxy ${proxy.shown}` });
      const { status } = await readHead(reader);
      if (status !== 200) {
        throw new EpackError(
          status >= 500 ? "network" : "transfer_failed",
          `the proxy ${proxy.shown} does not connect to ${host}: HTTP ${status}`,
          {
            origin: "network",
            hint: status === 407
              ? "name user and password in HTTPS_PROXY, or exempt the host with NO_PROXY"
              : undefined,
          },
        );
      }
      if (reader.waiting > 0) throw reader.malformed("it speaks before the connection is made");
    },
  });
}

/** Gives the connection when a step on it is done; closes it when the step fails or is aborted. */
async function orClose<Connection extends Deno.Conn>(
  connection: Connection,
  options: { signal: AbortSignal; run: () => Promise<unknown> },
): Promise<Connection> {
  const onAbort = () => close(connection);
  options.signal.addEventListener("abort", onAbort);
  try {
    options.signal.throwIfAborted();
    await options.run();
    return connection;
  } catch (error) {
    close(connection);
    throw error;
  } finally {
    options.signal.removeEventListener("abort", onAbort);
  }
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch { /* closed already */ }
}

/** Writes a block whole. */
export async function writeAll(connection: Deno.Conn, bytes: Uint8Array, onMoved?: () => void): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await connection.write(bytes.subarray(written));
    onMoved?.();
  }
}
