/** The platforms that binaries are made for, in Go's words and in Rust's. */
export interface Target {
  os: "linux" | "darwin" | "windows";
  arch: "amd64" | "arm64";
  /** What `deno compile --target` takes. */
  triple: string;
}

export const TARGETS: readonly Target[] = [
  { os: "linux", arch: "amd64", triple: "x86_64-unknown-linux-gnu" },
  { os: "linux", arch: "arm64", triple: "aarch64-unknown-linux-gnu" },
  { os: "darwin", arch: "amd64", triple: "x86_64-apple-darwin" },
  { os: "darwin", arch: "arm64", triple: "aarch64-apple-darwin" },
  { os: "windows", arch: "amd64", triple: "x86_64-pc-windows-msvc" },
];

/** `linux/amd64`, as lockfiles name it. */
export const platformOf = ({ os, arch }: Target): string => `${os}/${arch}`;

/** `epack-linux-amd64`, `epack-windows-amd64.exe`. */
export const fileNameOf = (program: string, { os, arch }: Target): string =>
  `${program}-${os}-${arch}${os === "windows" ? ".exe" : ""}`;

/** The target of a name such as `linux/amd64`. @throws Error that lists the known ones */
export function parseTarget(text: string): Target {
  const found = TARGETS.find((target) => platformOf(target) === text);
  if (found !== undefined) return found;
  throw new Error(`there is no target ${JSON.stringify(text)}; known: ${TARGETS.map(platformOf).join(", ")}`);
}

/** Which platform an executable is for, by its first bytes; undefined for anything else. */
export function platformOfExecutable(head: Uint8Array): string | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length < 64) return undefined;
  const arch = (amd64: number, arm64: number, found: number) =>
    found === amd64 ? "amd64" : found === arm64 ? "arm64" : undefined;
  // ELF, Mach-O (64 bit, little end first), PE behind its DOS stub
  let os: Target["os"];
  let processor: string | undefined;
  if (view.getUint32(0) === 0x7f454c46) [os, processor] = ["linux", arch(0x3e, 0xb7, view.getUint16(18, true))];
  else if (view.getUint32(0) === 0xcffaedfe) {
    [os, processor] = ["darwin", arch(0x01000007, 0x0100000c, view.getUint32(4, true))];
  } else if (view.getUint16(0) === 0x4d5a) {
    const header = view.getUint32(60, true);
    if (header + 6 > head.length) return undefined;
    [os, processor] = ["windows", arch(0x8664, 0xaa64, view.getUint16(header + 4, true))];
  } else return undefined;
  return processor === undefined ? undefined : `${os}/${processor}`;
}
