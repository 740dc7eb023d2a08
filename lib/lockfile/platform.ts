/** The operating system in Go's words: linux, darwin, windows. */
export function goOs(): string {
  return Deno.build.os;
}

/** The processor in Go's words: amd64, arm64. */
export function goArch(): string {
  return Deno.build.arch === "x86_64" ? "amd64" : "arm64";
}

/** This machine as the lockfile names it: `linux/amd64`. */
export function currentPlatform(): string {
  return `${goOs()}/${goArch()}`;
}

/** The platforms that releases are made for. A module is locked for all of them: it is one file everywhere. */
export const RELEASE_PLATFORMS: readonly string[] = [
  "darwin/amd64",
  "darwin/arm64",
  "linux/amd64",
  "linux/arm64",
  "windows/amd64",
];
