import { join } from "node:path";
import * as z from "zod";
import { type JsonObject, parseJson, showText } from "../codec/mod.ts";
import { EpackError, isEpackError } from "../errors.ts";
import { readRegular, writeAtomic } from "../files/mod.ts";
import { JOB } from "../limits.ts";

/** `lost`: its process ended, and nobody noted how: it was killed, or the machine went down. */
export type JobStatus = "running" | "completed" | "failed" | "cancelled" | "lost";

/** A job as its file says it; the Go tool reads and writes the same names. What runs may have ended since: see `readJob`. */
export interface JobRecord {
  id: string;
  /** `push` or `pull`. */
  command: string;
  /** The words after it, as they were typed. */
  args: string[];
  status: JobStatus;
  pid: number;
  startedAt: Date;
  completedAt?: Date;
  exitCode?: number;
  /** Where the words were typed. */
  cwd?: string;
  /** The error's sentence. */
  error?: string;
  /** The error as `--json` prints it. */
  failure?: JsonObject;
  /** The result as `--json` prints it. */
  result?: JsonObject;
}

/** As in the Go tool: nothing that could lead out of the folder. */
const ID = /^[a-zA-Z0-9_]{1,64}$/;

/** True for what may be the id of a job. */
export function isJobId(text: string): boolean {
  return ID.test(text);
}

/** Where jobs are: `<id>.json`, `<id>.log`, and `<id>.lock` while one runs. */
export function jobsFolder(projectRoot: string): string {
  return join(projectRoot, ".epack", "jobs");
}

/** The files of a job. */
export function jobFiles(projectRoot: string, id: string): { record: string; log: string; lock: string } {
  const stem = join(jobsFolder(projectRoot), id);
  return { record: `${stem}.json`, log: `${stem}.log`, lock: `${stem}.lock` };
}

const object = z.record(z.string(), z.json());
const time = z.iso.datetime({ offset: true, error: "is not an RFC 3339 time" });

const schema = z.object({
  id: z.string(),
  command: z.string(),
  args: z.array(z.string()).nullish(),
  status: z.enum(["running", "completed", "failed", "cancelled"]),
  pid: z.number().int().nonnegative(),
  started_at: time,
  completed_at: time.nullish(),
  exit_code: z.number().int().min(0).max(255).nullish(),
  cwd: z.string().nullish(),
  error: z.string().nullish(),
  failure: object.nullish(),
  result: object.nullish(),
});

/** Reads a job's file. @throws EpackError `job_invalid`; `file_not_found`, `file_refused`, … of the file itself */
export async function readRecord(projectRoot: string, id: string): Promise<JobRecord> {
  const path = jobFiles(projectRoot, id).record;
  const bytes = await readRegular(path, { maxBytes: JOB.recordBytes, what: "job" });
  const wrong = (reason: string) =>
    new EpackError("job_invalid", `job ${JSON.stringify(path)} is damaged: ${reason}`, { origin: "project" });
  let value: unknown;
  try {
    value = parseJson(bytes, { maxBytes: JOB.recordBytes, maxDepth: JOB.recordDepth, what: "it" });
  } catch (error) {
    throw wrong(showText(error instanceof Error ? error.message : String(error)));
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw wrong(showText(`${issue.path.map(String).join(".")}: ${issue.message}`, { maxChars: 300 }));
  }
  const found = parsed.data;
  if (found.id !== id) throw wrong("it is of another job");
  const known = <Value>(optional: Value | null | undefined) => optional ?? undefined;
  return {
    id,
    command: found.command,
    args: found.args ?? [],
    status: found.status,
    pid: found.pid,
    startedAt: new Date(found.started_at),
    completedAt: found.completed_at ? new Date(found.completed_at) : undefined,
    exitCode: known(found.exit_code),
    cwd: known(found.cwd),
    error: found.error || undefined,
    failure: known(found.failure) as JsonObject | undefined,
    result: known(found.result) as JsonObject | undefined,
  };
}

/** A job's fields under the names that its file and `--json` have. */
export function jobFields(projectRoot: string, job: JobRecord): Record<string, unknown> {
  return {
    id: job.id,
    command: job.command,
    args: job.args,
    status: job.status,
    pid: job.pid,
    started_at: job.startedAt.toISOString(),
    log_path: jobFiles(projectRoot, job.id).log,
    completed_at: job.completedAt?.toISOString(),
    exit_code: job.exitCode,
    cwd: job.cwd,
    error: job.error,
    failure: job.failure,
    result: job.result,
  };
}

/** Writes a job's file, whole or not at all. A result that is too long for it is left out. */
export async function writeRecord(projectRoot: string, job: JobRecord): Promise<void> {
  const textOf = (record: JobRecord) => JSON.stringify(jobFields(projectRoot, record), null, 2) + "\n";
  const whole = textOf(job);
  const fits = new TextEncoder().encode(whole).length <= JOB.recordBytes;
  const text = fits ? whole : textOf({ ...job, result: undefined, failure: undefined });
  await writeAtomic(jobFiles(projectRoot, job.id).record, text, { mode: 0o600 });
}

/** The error of a job that nobody knows. */
export function unknownJob(word: string, cause?: unknown): EpackError {
  return new EpackError("job_unknown", `there is no job ${JSON.stringify(word)}`, {
    origin: "input",
    hint: "see epack jobs --all",
    cause: isEpackError(cause) ? cause : undefined,
  });
}
