import { basename, dirname, join } from "node:path";
import { EpackError } from "../errors.ts";
import { onSuddenEnd } from "../last_resort.ts";
import { FILES } from "../limits.ts";
import { ioError } from "./io_error.ts";

/** Waits for the exclusive, advisory lock of a file (created when missing). The kernel frees it when the process ends. */
export async function lockFile(path: string): Promise<Disposable> {
  try {
    const file = await Deno.open(path, { create: true, read: true, write: true, mode: 0o600 });
    try {
      await file.lock(true);
    } catch (error) {
      file.close();
      throw error;
    }
    return { [Symbol.dispose]: () => file.close() };
  } catch (error) {
    throw ioError(error, path, { what: "lock" });
  }
}

const held = new Set<() => void>();

onSuddenEnd(() => {
  for (const release of held) release();
});

/**
 * Keeps an output for one process as long as it works on it: no second one writes what the first is writing. Who holds it stands in
 * `.<output>.lock` beside it, which is locked, and removed at the end; that of a killed process is free and is removed by the next.
 *
 * @param options.command what the holder does, for who finds it held: one line, without secrets
 * @throws EpackError `in_use` that names the holder when it is held for longer than a moment, `file_not_found` when the folder is
 *   missing, `file_refused` when something else stands in the lock's place, `io`
 */
export async function holdOutput(outputPath: string, options: { command: string }): Promise<Disposable> {
  const path = join(dirname(outputPath), `.${basename(outputPath).slice(0, 100)}.lock`);
  const line = `${Deno.pid} ${new Date().toISOString()} ${options.command}\n`;
  const deadline = performance.now() + FILES.heldMs;
  try {
    for (;;) {
      const file = create(path, line) ?? await freed(path, { deadline });
      if (file === "again") continue;
      if (file === "held") throw inUse(outputPath, await holderOf(path));
      return release(path, file);
    }
  } catch (error) {
    throw error instanceof Deno.errors.NotFound
      ? new EpackError("file_not_found", `the folder of ${JSON.stringify(outputPath)} does not exist`, {
        origin: "input",
        cause: error,
      })
      : ioError(error, path, { what: "lock" });
  }
}

/** Only who made the file writes to it: what stands there already may be a link to something else. */
function create(path: string, line: string): Deno.FsFile | "again" | undefined {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, { createNew: true, write: true, mode: 0o600 });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return undefined;
    throw error;
  }
  try {
    file.lockSync(true);
    if (isAt(path, file)) {
      file.writeSync(new TextEncoder().encode(line));
      return file;
    }
  } catch (error) {
    file.close();
    throw error;
  }
  file.close();
  return "again";
}

/** Waits until nobody holds the file that is there, and removes it. */
async function freed(path: string, { deadline }: { deadline: number }): Promise<"again" | "held"> {
  let file: Deno.FsFile;
  try {
    if (!Deno.lstatSync(path).isFile) {
      throw new EpackError("file_refused", `the lock ${JSON.stringify(path)} is no regular file`, { origin: "input" });
    }
    file = Deno.openSync(path, { read: true, write: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "again";
    throw error;
  }
  const locked = file.lock(true);
  if (!await within(locked, deadline - performance.now())) {
    // there is no way to stop waiting for a lock: should it come, it is given back
    void locked.catch(() => {}).finally(() => file.close());
    return "held";
  }
  try {
    const { size, mtime } = file.statSync();
    // one that is being made is empty for a moment
    const isYoung = size === 0 && Math.abs(Date.now() - (mtime?.getTime() ?? 0)) < FILES.heldMs;
    if (!isYoung && isAt(path, file)) Deno.removeSync(path);
  } finally {
    file.close();
  }
  await new Promise((resolve) => setTimeout(resolve, 10));
  return "again";
}

function release(path: string, file: Deno.FsFile): Disposable {
  const end = () => {
    if (!held.delete(end)) return;
    try {
      // removed before it is free: who waits for it finds that it is no longer there
      if (isAt(path, file)) Deno.removeSync(path);
    } catch { /* the folder is gone, or may no longer be written */ }
    file.close();
  };
  held.add(end);
  return { [Symbol.dispose]: end };
}

/** The open file is still the one of this name. Systems without inode numbers do not remove a file that is open. */
function isAt(path: string, file: Deno.FsFile): boolean {
  try {
    const [there, open] = [Deno.lstatSync(path), file.statSync()];
    return there.ino === open.ino && there.dev === open.dev;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function within(locked: Promise<void>, ms: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), Math.max(0, ms));
  try {
    return await Promise.race([locked.then(() => true), promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** What the holder wrote; others can write there, too. */
async function holderOf(path: string): Promise<string> {
  const text = await Deno.readTextFile(path).catch(() => "");
  const [, pid, since, command] = text.match(/^(\d{1,10}) ([\d:T-]{19})\.\d+Z ([\x20-\x7e]{1,200})\n$/) ?? [];
  return pid === undefined ? "another process" : `process ${pid} (epack ${command}, since ${since}Z)`;
}

function inUse(outputPath: string, holder: string): EpackError {
  return new EpackError("in_use", `the output ${JSON.stringify(outputPath)} is being written by ${holder}`, {
    origin: "input",
    hint: "let it end, or choose another place with -o",
  });
}
