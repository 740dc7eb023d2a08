import { join } from "node:path";
import { parseDigest } from "../../lib/digest/mod.ts";
import { type LockedRemote, RELEASE_PLATFORMS, updateLock } from "../../lib/lockfile/mod.ts";

export interface BuiltAdapters {
  /** File name and SHA-256 (64 hex digits) of the single-file module. */
  module: { name: string; sha256: string };
  /** Executables by platform, where they were asked for. */
  executables: Readonly<Record<string, { name: string; sha256: string }>>;
  /** RFC 3339, to the second. */
  lockedAt: string;
}

/**
 * A lockfile of the adapters that were built. Its remote `filesystem` is the module, with grants for a folder `releases` of the
 * project; `filesystem-native` is the executable.
 */
export async function lockFileOf({ module, executables, lockedAt }: BuiltAdapters): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "epack-lock-" });
  try {
    const path = join(folder, "epack.lock.yaml");
    const platform = ({ name, sha256 }: { name: string; sha256: string }) => ({
      digest: parseDigest(`sha256:${sha256}`),
      asset: name,
    });
    const set: Record<string, LockedRemote> = {
      filesystem: {
        kind: "external",
        lockedAt,
        permissions: { read: ["releases"], write: ["releases"] },
        platforms: Object.fromEntries(RELEASE_PLATFORMS.map((name) => [name, platform(module)])),
      },
    };
    if (Object.keys(executables).length > 0) {
      set["filesystem-native"] = {
        kind: "external",
        lockedAt,
        platforms: Object.fromEntries(Object.entries(executables).map(([name, file]) => [name, platform(file)])),
      };
    }
    await updateLock(path, { set });
    return await Deno.readTextFile(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
