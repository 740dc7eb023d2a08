import { isAlive } from "./is_alive.ts";

/**
 * Marks what a running process owns, so that a later run can tell leftovers of a killed one from what is in use.
 *
 * The mark is a file named `<anything>.<pid>.owner`, locked as long as its process lives; the kernel frees the lock when it ends.
 */
export interface OwnerMark {
  release(): void;
}

/** Marks of this process. Another one may have had its id before: in containers most processes have the same. */
const ours = new Set<string>();

/** Creates and locks a mark. The file is new and ours alone (0600). */
export function markOwned(path: string): OwnerMark {
  const file = Deno.openSync(path, { createNew: true, write: true, mode: 0o600 });
  file.lockSync(true);
  ours.add(path);
  return {
    release() {
      ours.delete(path);
      file.close();
      try {
        Deno.removeSync(path);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    },
  };
}

/** The mark's path for something that this process owns. */
export function ownerPath(stem: string): string {
  return `${stem}.${Deno.pid}.owner`;
}

/** A mark is made, then locked: a younger one may not be locked yet. */
const LOCKED_BY_MS = 10_000;

/**
 * True when the process that made the mark has ended: its lock is free or, where that cannot be asked (before Deno 2.7), its id is.
 * When it cannot be told, the owner counts as alive.
 */
export function ownerIsGone(path: string): boolean {
  if (ours.has(path)) return false;
  try {
    using file = Deno.openSync(path, { read: true, write: true });
    if ("tryLockSync" in file && typeof file.tryLockSync === "function") {
      if (file.tryLockSync(true) !== true) return false;
      const madeAt = file.statSync().mtime?.getTime() ?? Date.now();
      if (Math.abs(Date.now() - madeAt) > LOCKED_BY_MS) return true;
    }
  } catch {
    return false;
  }
  const pid = Number(path.match(/\.(\d+)\.owner$/)?.[1]);
  return pid === Deno.pid || !isAlive(pid);
}
