import { isAbsolute } from "node:path";
import { fileURLToPath } from "node:url";
import { showText } from "../codec/mod.ts";
import { EpackError } from "../errors.ts";
import { redactUrl } from "./redact.ts";

declare const safe: unique symbol;

/** An address of an adapter that passed the rules. Only {@link safeUrl} and {@link safeRedirect} make one. */
export interface SafeUrl {
  readonly [safe]: true;
  readonly kind: "https" | "http" | "file";
  readonly href: string;
  /** scheme://host:port; of files "file://". */
  readonly origin: string;
  /** For messages: without query. */
  readonly shown: string;
  /** Of files: the absolute path, not yet looked at. */
  readonly path?: string;
  readonly rules: UrlRules;
}

/** `transport:` of the remote. */
export interface UrlRules {
  /** The only folder that file: addresses may lie below. */
  fileRoot?: string;
  /** http: to this machine. Default false. */
  allowLoopbackHttp?: boolean;
  /** Refuses private and loopback addresses, and names of this machine. Default false. */
  publicOnly?: boolean;
}

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Checks an address that an adapter gave: https; http to this machine where that is allowed and nothing secret travels; file
 * below the root. No user and password in it.
 *
 * @param options.headers that will be sent along: an Authorization or a cookie never goes over http
 * @throws EpackError `url_refused`
 */
export function safeUrl(text: string, options: UrlRules & { headers?: Readonly<Record<string, string>> }): SafeUrl {
  const { headers = {}, ...rules } = options;
  const refuse = (why: string) =>
    new EpackError(
      "url_refused",
      `the adapter's address ${JSON.stringify(showText(redactUrl(text), { maxChars: 300 }))} is refused: ${why}`,
      { origin: "adapter" },
    );
  // new URL() drops tabs and line feeds and turns backslashes into slashes: what was shown would not be what is used
  if (/[\u0000-\u0020\u007f\\]/.test(text)) throw refuse("it has a space, a control character or a backslash");
  if (!URL.canParse(text)) throw refuse("it is no address");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") throw refuse("it has a user or a password in it");
  const make = (kind: SafeUrl["kind"], path?: string) =>
    ({ kind, href: url.href, origin: url.origin, shown: redactUrl(url.href), path, rules }) as SafeUrl;
  switch (url.protocol) {
    case "https:":
      if (rules.publicOnly && isLocalName(url.hostname)) {
        throw refuse("it is on this machine or a private network, and transport.public_only is set");
      }
      return make("https");
    case "http:": {
      if (!LOOPBACK.has(url.hostname)) throw refuse("http is only allowed to this machine; use https");
      // other spellings of the loopback (127.1, 0x7f000001) are normalised by the parser: take them at their word only
      const written = text.slice(text.indexOf("//") + 2).split(/[/?#]/)[0].replace(/:\d*$/, "").toLowerCase();
      if (!LOOPBACK.has(written)) throw refuse("this spelling of a host is not allowed over http");
      if (!rules.allowLoopbackHttp || rules.publicOnly) {
        throw refuse("http to this machine needs transport.allow_loopback_http");
      }
      const secret = Object.keys(headers).find((name) => /^(?:proxy-)?authorization$|^cookie$/i.test(name));
      if (secret !== undefined) throw refuse(`its header ${secret} would travel in clear`);
      return make("http");
    }
    case "file:": {
      if (rules.fileRoot === undefined) throw refuse("file addresses need transport.file_root");
      if (url.host !== "" || url.search !== "" || url.hash !== "") throw refuse("a file address has a path alone");
      if (/%2f|%5c|%00/i.test(url.pathname)) throw refuse("it hides a separator");
      const path = fileURLToPath(url);
      if (!isAbsolute(path)) throw refuse("its path is not absolute");
      return make("file", path);
    }
    default:
      throw refuse(`${showText(url.protocol)} is not https`);
  }
}

/**
 * Where a redirect leads, by the same rules. Headers travel on only to the same origin.
 *
 * @throws EpackError `url_refused`
 */
export function safeRedirect(
  from: SafeUrl,
  location: string,
  options: { headers: Readonly<Record<string, string>> },
): { url: SafeUrl; headers: Record<string, string> } {
  const target = URL.canParse(location, from.href) ? new URL(location, from.href).href : location;
  const sameOrigin = URL.canParse(target) && new URL(target).origin === from.origin;
  const headers = sameOrigin ? { ...options.headers } : {};
  const url = safeUrl(target, { ...from.rules, headers });
  if (url.kind === "file") {
    throw new EpackError("url_refused", `${from.shown} redirects to a file`, { origin: "remote" });
  }
  if (from.kind === "https" && url.kind === "http") {
    throw new EpackError("url_refused", `${from.shown} redirects from https to http`, { origin: "remote" });
  }
  return { url, headers };
}

/** True for names and literal addresses that are not of the public network. */
function isLocalName(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "").toLowerCase();
  if (host === "localhost" || host.endsWith(".localhost") || host.endsWith(".local") || host.endsWith(".internal")) {
    return true;
  }
  return isPrivateAddress(host);
}

/** True for a literal address that is loopback, private, link-local, shared, multicast or unspecified (RFC 6890). */
export function isPrivateAddress(address: string): boolean {
  if (address.includes(":")) {
    const mapped = address.match(/^::ffff:(\d+\.\d+\.\d+\.\d+)$/i)?.[1] ?? hexMapped(address);
    if (mapped !== undefined) return isPrivateAddress(mapped);
    return /^(?:::1?$|f[cd]|fe[89ab]|ff|64:ff9b:|100:|2001:db8:)/i.test(address);
  }
  const parts = address.split(".").map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part > 255)) return false;
  const [a, b] = parts;
  return a === 0 || a === 10 || a === 127 || a >= 224 || (a === 100 && b >= 64 && b < 128) ||
    (a === 169 && b === 254) ||
    (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) || (a === 198 && (b === 18 || b === 19));
}

/** `::ffff:7f00:1`, as the URL parser writes mapped addresses. */
function hexMapped(address: string): string | undefined {
  const match = address.match(/^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i);
  if (match === null) return undefined;
  const [high, low] = [parseInt(match[1], 16), parseInt(match[2], 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}
