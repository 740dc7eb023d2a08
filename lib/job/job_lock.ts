/**
 * The proof that a job runs: its process holds the lock of a file of its own, which the kernel frees when the process ends, however it
 * ends. A process id alone proves nothing: it may be another process's by now.
 */
import { JOB } from "../limits.ts";

/** Locks a new file as long as this process lives. @throws when the file is there */
export function holdLock(path: string): Deno.FsFile {
  const file = Deno.openSync(path, { createNew: true, write: true, mode: 0o600 });
  file.lockSync(true);
  return file;
}

/** `absent`: there is no lock: the job removed it at its end, or never had one. */
export type LockState = "held" | "free" | "absent";

/** Looks at a lock. It only has to be readable. */
export async function lockState(path: string): Promise<LockState> {
  const file = await openLock(path);
  if (file === undefined) return "absent";
  if ("tryLock" in file && typeof file.tryLock === "function") {
    using asked = file;
    return await asked.tryLock(false) === true ? "free" : "held";
  }
  const timer = timeout(JOB.lockMs);
  const free = freed(file);
  try {
    return await Promise.race([free.then(() => "free" as const), timer.over.then(() => "held" as const)]);
  } finally {
    timer.clear();
  }
}

/**
 * Waits until a lock is free or absent; false when the time is over before. A wait that was given up goes on in the kernel until
 * the process ends.
 */
export async function lockFreed(path: string, options: { timeoutMs?: number; signal: AbortSignal }): Promise<boolean> {
  const { timeoutMs, signal } = options;
  signal.throwIfAborted();
  if (await lockState(path) !== "held") return true;
  const file = await openLock(path);
  if (file === undefined) return true;
  const timer = timeoutMs === undefined ? undefined : timeout(timeoutMs);
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort);
  try {
    const freedFirst = freed(file).then(() => true);
    return await Promise.race([freedFirst, aborted, ...(timer ? [timer.over.then(() => false)] : [])]);
  } finally {
    timer?.clear();
    signal.removeEventListener("abort", abort);
  }
}

async function openLock(path: string): Promise<Deno.FsFile | undefined> {
  try {
    if (!(await Deno.lstat(path)).isFile) return undefined;
    return await Deno.open(path, { read: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function freed(file: Deno.FsFile): Promise<void> {
  try {
    await file.lock(false);
  } finally {
    file.close();
  }
}

function timeout(ms: number): { over: Promise<void>; clear(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  return { over: promise, clear: () => clearTimeout(timer) };
}
