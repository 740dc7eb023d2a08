import { join } from "node:path";
import { type Digest, hexOf } from "../digest/mod.ts";
import { EpackError, isEpackError } from "../errors.ts";
import { createStaging, ensureFolder, hashFile, ioError, openRegular } from "../files/mod.ts";
import type { AssetSink } from "../release/mod.ts";

/** Files by their digest, shared by all projects of a user. */
export interface AdapterCache {
  readonly folder: string;
  /** Where the file with this digest is, after its bytes were read; undefined when it is not there or is another one. */
  find(fileDigest: Digest, options?: { signal?: AbortSignal }): Promise<string | undefined>;
  /**
   * Adds what `fill` writes, under its digest.
   *
   * @returns what `fill` says its digest is, and the path
   */
  add(fill: (sink: AssetSink) => Promise<{ digest: Digest }>): Promise<{ fileDigest: Digest; path: string }>;
}

/**
 * Opens the cache below a folder, which is made when it is missing.
 *
 * @throws EpackError `io`, `permission_denied`
 */
export async function openAdapterCache(base: string): Promise<AdapterCache> {
  const folder = join(base, "adapters");
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw ioError(error, folder, { what: "cache" });
  }
  const pathOf = (fileDigest: Digest) => join(folder, `sha256-${hexOf(fileDigest)}`);
  const find: AdapterCache["find"] = async (fileDigest, options = {}) => {
    const path = pathOf(fileDigest);
    if (await Deno.lstat(path).then(() => false, () => true)) return undefined;
    using file = await openRegular(path, { what: "cached adapter" });
    if (await hashFile(file, options) === fileDigest) return path;
    // bytes that changed by themselves are nobody's
    await Deno.remove(path);
    return undefined;
  };
  return {
    folder,
    find,
    async add(fill) {
      await ensureFolder(folder, { below: base });
      await using staging = await createStaging(join(folder, "download"));
      const { digest } = await fill({
        async begin() {
          await staging.file.truncate(0);
          await staging.file.seek(0, Deno.SeekMode.Start);
        },
        write(block) {
          for (let written = 0; written < block.length;) written += staging.file.writeSync(block.subarray(written));
        },
      });
      const path = pathOf(digest);
      // what is there already stays, since somebody may have it open
      if (await find(digest) === undefined) {
        await staging.commit({ force: false, as: path }).catch((error) => {
          if (!isEpackError(error, "file_exists")) throw error;
        });
      }
      return { fileDigest: digest, path };
    },
  };
}

/**
 * Below which folder this program caches things; the environment says where.
 *
 * @throws EpackError `usage` when it does not, `permission_denied` when it may not be asked
 */
export function cacheFolder(env: Readonly<Record<string, string>>): string {
  const home = {
    darwin: env.HOME && join(env.HOME, "Library", "Caches"),
    windows: env.LOCALAPPDATA,
  }[Deno.build.os as string] ?? (env.XDG_CACHE_HOME || (env.HOME && join(env.HOME, ".cache")));
  if (home) return join(home, "epack");
  const variable = { darwin: "HOME", windows: "LOCALAPPDATA" }[Deno.build.os as string] ?? "XDG_CACHE_HOME";
  if (Deno.permissions.querySync({ name: "env", variable }).state !== "granted") {
    throw new EpackError("permission_denied", `a permission is missing: env access to "${variable}"`, {
      origin: "input",
      hint: `allow it with --allow-env=${variable}`,
    });
  }
  throw new EpackError("usage", "there is no place for a cache: neither XDG_CACHE_HOME nor HOME is set", {
    origin: "input",
    hint: "set XDG_CACHE_HOME to a folder that may be written",
  });
}

/** Empties the cache below a folder; what another run is writing stays. @throws EpackError `io`, `permission_denied` */
export async function pruneCache(base: string): Promise<{ files: number; bytes: number }> {
  const removed = { files: 0, bytes: 0 };
  for (const name of ["adapters", "answers"]) {
    const folder = join(base, name);
    try {
      for await (const entry of Deno.readDir(folder)) {
        if (!entry.isFile || entry.name.startsWith(".")) continue;
        const path = join(folder, entry.name);
        const { size } = await Deno.lstat(path);
        await Deno.remove(path);
        removed.files++;
        removed.bytes += size;
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw ioError(error, folder, { what: "cache" });
    }
  }
  return removed;
}
