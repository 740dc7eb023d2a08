import { EpackError } from "../errors.ts";
import { isInNetwork } from "./address.ts";
import { isLoopbackHost } from "./allowed_address.ts";
import type { SafeUrl } from "./safe_url.ts";

/** An http proxy of the user's environment, which is trusted as the user is. */
export interface Proxy {
  hostname: string;
  port: number;
  /** Value of Proxy-Authorization. */
  authorization?: string;
  /** For messages: without user and password. */
  shown: string;
}

/**
 * The proxy for an address, by HTTPS_PROXY or ALL_PROXY and NO_PROXY (capitals first). None for this machine: it would be the
 * proxy's machine.
 *
 * @throws EpackError `unsupported` for a proxy that is not http
 */
export function proxyFor(url: SafeUrl, env: Readonly<Record<string, string>>): Proxy | undefined {
  const value = env.HTTPS_PROXY || env.https_proxy || env.ALL_PROXY || env.all_proxy;
  if (!value || url.kind !== "https" || isLoopbackHost(url.hostname)) return undefined;
  if (isExempt(url, env.NO_PROXY || env.no_proxy || "")) return undefined;
  const text = value.includes("://") ? value : `http://${value}`;
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  if (proxy?.protocol !== "http:") {
    throw new EpackError("unsupported", "the proxy of HTTPS_PROXY or ALL_PROXY is no http://host:port", {
      origin: "input",
      hint: "name an http proxy, or exempt the host with NO_PROXY",
    });
  }
  const login = [proxy.username, proxy.password].map(decoded).join(":");
  return {
    hostname: proxy.hostname.replace(/^\[|\]$/g, ""),
    port: Number(proxy.port || 80),
    authorization: login === ":" ? undefined : `Basic ${new TextEncoder().encode(login).toBase64()}`,
    shown: proxy.host,
  };
}

/** NO_PROXY: names with all below them, addresses, networks (10.0.0.0/8), each with or without a port; `*` for all. */
function isExempt({ hostname, port }: SafeUrl, list: string): boolean {
  return list.split(",").map((item) => item.trim().toLowerCase()).filter((item) => item !== "").some((item) => {
    if (item === "*") return true;
    const [, network, bits] = item.match(/^\[?([0-9a-f:.]+)\]?\/(\d{1,3})$/) ?? [];
    if (network !== undefined) return isInNetwork(hostname, network, Number(bits));
    const [, host, itsPort] = item.match(/^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/) ?? [undefined, item, undefined];
    if (itsPort !== undefined && Number(itsPort) !== port) return false;
    const name = host.replace(/^\[|\]$|^\*?\./g, "");
    return hostname === name || hostname.endsWith(`.${name}`);
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
