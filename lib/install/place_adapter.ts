import { dirname, join } from "node:path";
import type { Digest } from "../digest/mod.ts";
import { EpackError } from "../errors.ts";
import { createStaging, ensureFolder, hashFile, openRegular, readAt, writeAtomic } from "../files/mod.ts";

export interface PlaceOptions {
  /** The project's folder. */
  root: string;
  adapterName: string;
  /** The release's tag. */
  version: string;
  platform: string;
  kind: "module" | "native";
  /** In the cache. */
  from: string;
  fileDigest: Digest;
  /** It was taken without verification: a mark beside it says so to every later run. */
  insecure?: boolean;
}

/** The name of the mark. */
const INSECURE_MARK = ".insecure-install";
const BLOCK_BYTES = 1024 * 1024;

/** Where an adapter is installed: `.epack/remotes/<adapter>/<version>/<os>-<arch>/epack-remote-<adapter>`. */
export function placeOf(options: Pick<PlaceOptions, "root" | "adapterName" | "version" | "platform" | "kind">): string {
  const { root, adapterName, version, platform, kind } = options;
  if (!/^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/.test(version)) {
    throw new EpackError("unsupported", `the tag ${JSON.stringify(version)} cannot be the name of a folder`, {
      origin: "remote",
    });
  }
  const suffix = kind === "module" ? ".js" : platform.startsWith("windows/") ? ".exe" : "";
  return join(
    root,
    ".epack",
    "remotes",
    adapterName,
    version,
    platform.replace("/", "-"),
    `epack-remote-${adapterName}${suffix}`,
  );
}

/** True when these very bytes are installed there already, verified. */
export async function isPlaced(
  path: string,
  fileDigest: Digest,
  options: { signal?: AbortSignal } = {},
): Promise<boolean> {
  const there = await Deno.lstat(path).catch(() => undefined);
  if (there === undefined || !there.isFile) return false;
  if (await Deno.lstat(join(dirname(path), INSECURE_MARK)).then(() => true, () => false)) return false;
  using file = await openRegular(path, { what: "adapter" });
  return await hashFile(file, options) === fileDigest;
}

/**
 * Installs a file of the cache: copied beside its name, its digest compared once more, made executable, and only then given the
 * name. A crash leaves what was there before.
 *
 * @throws EpackError `adapter_digest_mismatch`, `file_refused`, `io`, `permission_denied`
 */
export async function placeAdapter(options: PlaceOptions): Promise<string> {
  const path = placeOf(options);
  await ensureFolder(dirname(path), { below: options.root });
  const mark = join(dirname(path), INSECURE_MARK);
  // the mark comes before what it warns of, and goes after what needs none
  if (options.insecure) await writeAtomic(mark, "installed with --insecure-skip-verify\n");
  await using staging = await createStaging(path, { mode: 0o755 });
  using source = await openRegular(options.from, { what: "cached adapter" });
  const block = new Uint8Array(BLOCK_BYTES);
  for (let offset = 0;;) {
    const count = readAt(source.file, offset, block);
    if (count === 0) break;
    for (let written = 0; written < count;) written += staging.file.writeSync(block.subarray(written, count));
    offset += count;
  }
  using copied = await openRegular(staging.path, { what: "adapter" });
  if (await hashFile(copied) !== options.fileDigest) {
    throw new EpackError(
      "adapter_digest_mismatch",
      `the cached adapter ${JSON.stringify(options.from)} changed while it was copied`,
    );
  }
  await staging.commit({ force: true });
  if (!options.insecure) await Deno.remove(mark).catch(() => {});
  return path;
}
