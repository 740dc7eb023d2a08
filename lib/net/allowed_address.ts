import { addressKind } from "./address.ts";

/** Hosts that are written as this machine: of names, `localhost` and what is below it (RFC 6761). */
export function isLoopbackHost(hostname: string): boolean {
  return /^(?:(?:[^.]+\.)*localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/.test(hostname);
}

/**
 * Why an adapter's host may not be reached at this address; undefined when it may. Judged for literal hosts when their URL is
 * read, and for every host on the address that a connection really has, before a byte is sent.
 *
 * - link-local, metadata services, unspecified, multicast: never; nothing keeps packs there, and secrets are there for the asking
 * - this machine: only for a host that says so, so that no name of a stranger's leads to a service that trusts this machine;
 *   and a host that says so leads nowhere else, since http is allowed to it
 * - private networks: yes, many stores are on one; not with `transport.public_only`
 */
export function addressFault(
  address: string,
  options: { hostname: string; publicOnly?: boolean },
): string | undefined {
  const kind = addressKind(address);
  switch (kind) {
    case undefined:
      return "it is no address";
    case "link_local":
      return "it is a link-local address";
    case "metadata":
      return "it is the metadata service of a cloud";
    case "unusable":
      return "it is the address of no single host";
  }
  if (options.publicOnly && kind !== "public") {
    return "it is on this machine or a private network, and transport.public_only is set";
  }
  if (kind === "loopback" && !isLoopbackHost(options.hostname)) {
    return "it is this machine, and its host is not written as localhost, 127.0.0.1 or [::1]";
  }
  if (kind !== "loopback" && isLoopbackHost(options.hostname)) {
    return "it is not this machine, and its host is written as if it were";
  }
  return undefined;
}
