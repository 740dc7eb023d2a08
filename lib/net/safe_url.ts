import { isAbsolute } from "node:path";
import { fileURLToPath } from "node:url";
import { showText } from "../codec/mod.ts";
import { EpackError } from "../errors.ts";
import { addressKind } from "./address.ts";
import { addressFault } from "./allowed_address.ts";
import { hostFault } from "./host_text.ts";
import { redactUrl } from "./redact.ts";

declare const safe: unique symbol;

/** An address of an adapter that passed the rules. Only {@link safeUrl} and {@link safeRedirect} make one. */
export interface SafeUrl {
  readonly [safe]: true;
  readonly kind: "https" | "http" | "file";
  readonly href: string;
  /** scheme://host:port; of files "file://". */
  readonly origin: string;
  /** A name in ASCII, or a literal address without brackets; of files "". */
  readonly hostname: string;
  /** Of files 0. */
  readonly port: number;
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
const DEFAULT_PORTS: Readonly<Record<string, number>> = { "https:": 443, "http:": 80 };

/**
 * Checks an address that an adapter gave: https; http to this machine where that is allowed and nothing secret travels; file
 * below the root. No user and password in it. A literal host is judged here, a name when it is connected to.
 *
 * Any port but 0 is taken: registries of one's own stand on any.
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
  const demand = (fault: string | undefined) => {
    if (fault !== undefined) throw refuse(fault);
  };
  // new URL() drops tabs and line feeds and turns backslashes into slashes: what was shown would not be what is used
  if (/[\u0000-\u0020\u007f\\]/.test(text)) throw refuse("it has a space, a control character or a backslash");
  if (!URL.canParse(text)) throw refuse("it is no address");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") throw refuse("it has a user or a password in it");
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port || DEFAULT_PORTS[url.protocol] || 0);
  const make = (kind: SafeUrl["kind"], path?: string) =>
    ({
      kind,
      href: url.href,
      origin: url.origin,
      hostname,
      port,
      shown: redactUrl(url.href),
      path,
      rules,
    }) as SafeUrl;
  const written = text.match(/^[a-z]+:\/\/([^/?#]*)/i)?.[1];
  switch (url.protocol) {
    case "https:":
      demand(hostFault(written ?? "", url.hostname));
      if (port === 0) throw refuse("nothing listens at port 0");
      if (addressKind(hostname) !== undefined) demand(addressFault(hostname, { ...rules, hostname }));
      if (rules.publicOnly && isLocalName(hostname)) {
        throw refuse("it is on this machine or a private network, and transport.public_only is set");
      }
      return make("https");
    case "http:": {
      if (!LOOPBACK.has(url.hostname)) throw refuse("http is only allowed to this machine; use https");
      demand(hostFault(written ?? "", url.hostname));
      if (port === 0) throw refuse("nothing listens at port 0");
      if (!rules.allowLoopbackHttp || rules.publicOnly) {
        throw refuse("http to this machine needs transport.allow_loopback_http");
      }
      const secret = Object.keys(headers).find((name) => /^(?:proxy-)?authorization$|^cookie$/i.test(name));
      if (secret !== undefined) throw refuse(`its header ${secret} would travel in clear`);
      return make("http");
    }
    case "file:": {
      if (rules.fileRoot === undefined) throw refuse("file addresses need transport.file_root");
      if ((written ?? "") !== "" || url.host !== "" || url.search !== "" || url.hash !== "") {
        throw refuse("a file address has a path alone");
      }
      return make("file", pathOf(text, url, refuse));
    }
    default:
      throw refuse(`${showText(url.protocol)} is not https`);
  }
}

/** The path of a file address, which must be written as it is used. */
function pathOf(text: string, url: URL, refuse: (why: string) => EpackError): string {
  const [, written] = text.match(/^file:(?:\/\/)?(\/(?!\/).*)$/i) ?? [];
  if (written === undefined) throw refuse("its path is not absolute");
  if (/%2f|%5c|%00/i.test(written)) throw refuse("it hides a separator");
  if (written.split("/").some((part) => /^(?:\.|%2e){1,2}$/i.test(part))) throw refuse("its path has . or .. in it");
  let path: string;
  try {
    path = fileURLToPath(url);
  } catch {
    throw refuse("its path is not UTF-8");
  }
  if (!isAbsolute(path)) throw refuse("its path is not absolute");
  // files of the kernel: what they hold depends on who asks
  if (/^\/(?:proc|sys|dev)(?:\/|$)/.test(path) && !path.startsWith("/dev/shm/")) {
    throw refuse("its path is the kernel's, not a store's");
  }
  return path;
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
  const target = absolute(location, from);
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

/** A host that the location names stays as it is written, so that its spelling is judged. */
function absolute(location: string, from: SafeUrl): string {
  if (/[\u0000-\u0020\u007f\\]/.test(location) || /^[a-z][a-z0-9+.-]*:/i.test(location)) return location;
  if (location.startsWith("//")) return `${from.kind}:${location}`;
  return URL.canParse(location, from.href) ? new URL(location, from.href).href : location;
}

/** Names that are not of the public network. */
function isLocalName(hostname: string): boolean {
  return /(?:^|\.)(?:localhost|local|internal|home\.arpa)$/.test(hostname);
}
