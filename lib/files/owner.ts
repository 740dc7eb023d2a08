import process from "node:process";

/**
 * Marks what a running process owns, so that a later run can tell leftovers of a killed one from what is in use.
 *
 * The mark is a file named `<anything>.<pid>.owner`, locked as long as its process lives; the kernel frees the lock when it ends.
 */
export interface OwnerMark {
  release(): void;
}

/** Creates and locks a mark. The file is new and ours alone (0600). */
export function markOwned(path: string): OwnerMark {
  const file = Deno.openSync(path, { createNew: true, write: true, mode: 0o600 });
  file.lockSync(true);
  return {
    release() {
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

/**
 * True when the process that made the mark has ended: its id is free and, where it can be asked (since Deno 2.7), its lock too.
 * When it cannot be told, the owner counts as alive.
 */
export function ownerIsGone(path: string): boolean {
  if (isAlive(Number(path.match(/\.(\d+)\.owner$/)?.[1]))) return false;
  try {
    using file = Deno.openSync(path, { read: true, write: true });
    return !("tryLockSync" in file) || typeof file.tryLockSync !== "function" || file.tryLockSync(true) === true;
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
