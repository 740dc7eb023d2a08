import type { Digest } from "../digest/mod.ts";
import { isEpackError } from "../errors.ts";
import { hashFile, openRegular } from "../files/mod.ts";
import { ADAPTER } from "../limits.ts";
import { currentPlatform } from "../lockfile/mod.ts";
import { isMarked } from "./policy.ts";
import { isModule } from "./resolve.ts";
import type { Use } from "./uses.ts";

/** What vouches for a file that was found. */
export interface Standing {
  /** "verified": its bytes were read, and have the digest that the lockfile pins for one of the remotes. */
  status: "verified" | "unverified";
  /** Of the file, when it was read. */
  digest?: Digest;
  /** Why a remote's pin does not vouch for it. */
  problem?: string;
}

/** Reads an adapter's file and gives its digest; a file that was read already is not read again. */
export type DigestFile = (path: string) => Promise<Digest>;

/** @throws what it gives throws EpackError `file_refused`, `file_not_found`, `limit_exceeded`, `permission_denied`, `io` */
export function digestFiles(options: { signal?: AbortSignal } = {}): DigestFile {
  const known = new Map<string, Promise<Digest>>();
  const read = async (path: string) => {
    const maxBytes = isModule(path) ? ADAPTER.moduleBytes : ADAPTER.nativeBytes;
    using file = await openRegular(path, { what: "adapter", maxBytes });
    return await hashFile(file, options);
  };
  return (path) => {
    const digest = known.get(path) ?? read(path);
    known.set(path, digest);
    return digest;
  };
}

/**
 * What the pins of these remotes say of a file on this platform. The file is read only where there is a pin to compare with.
 *
 * @param options.installed it was installed for a source, so that a mark beside it counts. Default false.
 */
export async function standingOf(
  path: string,
  uses: readonly Pick<Use, "remoteName" | "locked">[],
  options: { digestFile: DigestFile; installed?: boolean; signal?: AbortSignal },
): Promise<Standing> {
  const platform = currentPlatform();
  const locked = uses.filter((use) => use.locked !== undefined);
  const pins = locked.filter((use) => Object.hasOwn(use.locked?.platforms ?? {}, platform));
  const names = (of: typeof locked) => of.map(({ remoteName }) => `"${remoteName}"`).join(", ");
  const unverified = (problem?: string, digest?: Digest): Standing => ({ status: "unverified", digest, problem });
  const marked = options.installed && await isMarked(path) ? "it was installed without verification" : undefined;
  if (locked.length === 0) return unverified(marked);
  if (pins.length === 0) return unverified(`it is locked for other platforms, not for ${platform}`);
  try {
    const digest = await options.digestFile(path);
    const pinned = pins.some((use) => use.locked?.platforms[platform].digest === digest);
    if (pinned) return { status: "verified", digest, problem: marked };
    return unverified(`its bytes are not those that were locked for ${names(pins)}`, digest);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!isEpackError(error)) throw error;
    return unverified(error.message);
  }
}
