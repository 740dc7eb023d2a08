import type { JsonObject } from "../codec/mod.ts";
import { EpackError } from "../errors.ts";
import { ensureFolder } from "../files/mod.ts";
import { JOB } from "../limits.ts";
import { holdLock } from "./job_lock.ts";
import { jobFiles, type JobRecord, jobsFolder, writeRecord } from "./record.ts";

/** How a job ended; `interrupted` when a signal ended it. */
export interface JobOutcome {
  exitCode: number;
  interrupted: boolean;
  result?: JsonObject;
  /** As `--json` prints it. */
  failure?: JsonObject;
}

/** The job that this process is. */
export interface OwnJob {
  record: JobRecord;
  logPath: string;
  /** Adds to the log, which is bounded. What cannot be written is dropped: it is no reason to fail. */
  log(text: string): void;
  /** Writes the job's end. The process ends right after that. */
  end(outcome: JobOutcome): Promise<void>;
}

/**
 * Makes this process a job: takes its lock, opens its log, writes its record.
 *
 * @throws EpackError `file_refused`, `permission_denied`, `io` when the project's folder of jobs cannot be used
 */
export async function becomeJob(
  projectRoot: string,
  options: { command: string; args: string[]; cwd: string; now: () => Date },
): Promise<OwnJob> {
  const { command, args, cwd, now } = options;
  await ensureFolder(jobsFolder(projectRoot), { below: projectRoot });
  const startedAt = now();
  const { id, lock } = takeId(projectRoot, startedAt);
  const files = jobFiles(projectRoot, id);
  const log = Deno.openSync(files.log, { createNew: true, append: true, mode: 0o600 });
  const record: JobRecord = { id, command, args, status: "running", pid: Deno.pid, startedAt, cwd };
  await writeRecord(projectRoot, record);
  return {
    record,
    logPath: files.log,
    log: boundedLog(log),
    async end({ exitCode, interrupted, result, failure }) {
      const message = failure?.message;
      await writeRecord(projectRoot, {
        ...record,
        status: exitCode === 0 ? "completed" : interrupted ? "cancelled" : "failed",
        completedAt: now(),
        exitCode,
        error: typeof message === "string" ? message : undefined,
        failure,
        result,
      });
      log.close();
      await Deno.remove(files.lock).catch(() => {});
      lock.close();
    },
  };
}

/** Named as by the Go tool; in containers a process id of an earlier one comes again. */
function takeId(projectRoot: string, at: Date): { id: string; lock: Deno.FsFile } {
  const stamp = at.toISOString().replace(/[-:]/g, "").replace("T", "_").slice(0, 15);
  for (let number = 1; number < 100; number++) {
    const id = `job_${stamp}_${Deno.pid}${number === 1 ? "" : `_${number}`}`;
    const { lock, record, log } = jobFiles(projectRoot, id);
    if ([record, log].some(isThere)) continue;
    try {
      return { id, lock: holdLock(lock) };
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
  throw new EpackError("io", `too many jobs of one second in ${jobsFolder(projectRoot)}`);
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function boundedLog(file: Deno.FsFile): (text: string) => void {
  const encoder = new TextEncoder();
  let left: number = JOB.logBytes;
  const write = (text: string) => {
    const bytes = encoder.encode(text);
    for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
  };
  return (text) => {
    if (left <= 0) return;
    left -= encoder.encode(text).length;
    try {
      write(left > 0 ? text : "(the log is full; what comes after is left out)\n");
    } catch { /* a full disk: the record says how the job ends */ }
  };
}
