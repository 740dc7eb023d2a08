/**
 * What a literal address is to the network (RFC 6890), to the clouds, and when an IPv4 address is hidden in an IPv6 one.
 *
 * `unusable`: unspecified, multicast, reserved. Connecting to the unspecified address reaches this machine.
 */
export type AddressKind = "public" | "private" | "loopback" | "link_local" | "metadata" | "unusable";

/** Of one family, the first that holds counts. */
const V4: readonly [prefix: string, bits: number, kind: AddressKind][] = [
  // metadata and credentials of clouds outside the link-local range: Alibaba, Azure, Oracle
  ["100.100.100.200", 32, "metadata"],
  ["168.63.129.16", 32, "metadata"],
  ["192.0.0.192", 32, "metadata"],
  ["0.0.0.0", 8, "unusable"],
  ["10.0.0.0", 8, "private"],
  ["100.64.0.0", 10, "private"],
  ["127.0.0.0", 8, "loopback"],
  ["169.254.0.0", 16, "link_local"],
  ["172.16.0.0", 12, "private"],
  ["192.0.0.0", 24, "private"],
  ["192.0.2.0", 24, "private"],
  ["192.168.0.0", 16, "private"],
  ["198.18.0.0", 15, "private"],
  ["198.51.100.0", 24, "private"],
  ["203.0.113.0", 24, "private"],
  ["224.0.0.0", 3, "unusable"],
];
const V6: readonly [prefix: string, bits: number, kind: AddressKind][] = [
  ["::", 128, "unusable"],
  ["::1", 128, "loopback"],
  // AWS (metadata, credentials of pods, time), Google
  ["fd00:ec2::", 32, "metadata"],
  ["fd20:ce::254", 128, "metadata"],
  ["100::", 64, "unusable"],
  ["2001:db8::", 32, "private"],
  ["fc00::", 7, "private"],
  ["fe80::", 10, "link_local"],
  ["fec0::", 10, "private"],
  ["ff00::", 8, "unusable"],
];
/** Prefixes of IPv6 addresses that carry an IPv4 one, at this byte. Such an address is what the one in it is. */
const EMBEDDED: readonly [prefix: string, bits: number, at: number, invert?: true][] = [
  ["::ffff:0:0", 96, 12], // mapped
  ["::ffff:0:0:0", 96, 12], // translated
  ["::", 96, 12], // compatible
  ["64:ff9b::", 96, 12], // NAT64
  ["64:ff9b:1::", 48, 12], // NAT64 of a network's own
  ["2002::", 16, 2], // 6to4
  ["2001::", 32, 12, true], // Teredo
];

/** Undefined for what is no literal address, such as a name. A zone (`fe80::1%eth0`) does not matter. */
export function addressKind(text: string): AddressKind | undefined {
  const bytes = addressBytes(text);
  if (bytes === undefined) return undefined;
  if (bytes.length === 4) return firstOf(V4, bytes);
  const own = firstOf(V6, bytes);
  if (own !== "public") return own;
  const found = EMBEDDED.find(([prefix, bits]) => inPrefix(bytes, prefix, bits));
  if (found === undefined) return "public";
  const [, , at, invert] = found;
  return firstOf(V4, bytes.slice(at, at + 4).map((byte) => invert ? byte ^ 0xff : byte));
}

/** True for a literal address that is not of the public network. */
export function isPrivateAddress(address: string): boolean {
  const kind = addressKind(address);
  return kind !== undefined && kind !== "public";
}

/** Whether a literal address lies in a network such as `10.0.0.0` with 8 bits. */
export function isInNetwork(address: string, network: string, bits: number): boolean {
  const bytes = addressBytes(address);
  return bytes !== undefined && bytes.length === addressBytes(network)?.length && inPrefix(bytes, network, bits);
}

/** 4 or 16 bytes. */
function addressBytes(text: string): Uint8Array | undefined {
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) {
    const parts = text.split(".").map(Number);
    return parts.every((part) => part <= 255) ? Uint8Array.from(parts) : undefined;
  }
  const plain = text.replace(/^\[|\]$|%.*$/g, "");
  if (!plain.includes(":") || !URL.canParse(`http://[${plain}]/`)) return undefined;
  // the parser knows every spelling, and writes them all as groups in hexadecimal
  const groups = new URL(`http://[${plain}]/`).hostname.slice(1, -1).split("::").map((half) =>
    half === "" ? [] : half.split(":").map((group) => parseInt(group, 16))
  );
  const [head, tail = []] = groups;
  const all = [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function firstOf(table: typeof V4, bytes: Uint8Array): AddressKind {
  return table.find(([prefix, bits]) => inPrefix(bytes, prefix, bits))?.[2] ?? "public";
}

function inPrefix(bytes: Uint8Array, prefix: string, bits: number): boolean {
  const wanted = addressBytes(prefix);
  return wanted !== undefined && bytes.every((byte, index) => {
    const mask = 0xff & ~(0xff >> Math.min(8, Math.max(0, bits - 8 * index)));
    return (byte & mask) === (wanted[index] & mask);
  });
}
