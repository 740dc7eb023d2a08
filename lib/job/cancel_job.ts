import { EpackError } from "../errors.ts";
import { JOB } from "../limits.ts";
import { lockFreed, lockState } from "./job_lock.ts";
import { readJob } from "./jobs.ts";
import { jobFiles, type JobRecord, writeRecord } from "./record.ts";

/** SIGKILL */
const KILLED = 128 + 9;

/**
 * Ends a job: SIGTERM to its group, SIGKILL when it has not ended in time. Only a process that holds the job's lock gets a signal. A job
 * that has ended is left as it is.
 *
 * @returns the job as it ended
 * @throws EpackError `job_not_provable` for one without a lock, `timeout` for one that cannot be killed
 */
export async function cancelJob(
  projectRoot: string,
  job: JobRecord,
  options: { graceMs?: number; signal: AbortSignal; now: () => Date },
): Promise<JobRecord> {
  const { graceMs = JOB.graceMs, signal, now } = options;
  if (job.status !== "running") return job;
  const { lock } = jobFiles(projectRoot, job.id);
  if (await lockState(lock) === "absent") {
    const current = await readJob(projectRoot, job.id);
    if (current.status !== "running") return current;
    throw new EpackError(
      "job_not_provable",
      `process ${job.pid} cannot be proven to be job ${job.id}, and is left alone`,
      { origin: "input", hint: `if it is that job, end it with: kill ${job.pid}` },
    );
  }
  for (const [name, waitMs] of [["SIGTERM", graceMs], ["SIGKILL", JOB.killedMs]] as const) {
    if (await lockState(lock) !== "held") break;
    sendTo(job.pid, name);
    if (await lockFreed(lock, { timeoutMs: waitMs, signal })) break;
    if (name === "SIGKILL") throw new EpackError("timeout", `job ${job.id} (process ${job.pid}) cannot be ended`);
  }
  const ended = await readJob(projectRoot, job.id);
  if (ended.status !== "lost") return ended;
  const cancelled: JobRecord = { ...ended, status: "cancelled", completedAt: now(), exitCode: KILLED };
  await writeRecord(projectRoot, cancelled);
  return cancelled;
}

/** To the process and its children: a job leads a group of its own. */
function sendTo(pid: number, name: Deno.Signal): void {
  if (pid <= 1 || pid === Deno.pid) return;
  try {
    Deno.kill(Deno.build.os === "windows" ? pid : -pid, name);
  } catch (error) {
    // it ended by itself in the meantime
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
