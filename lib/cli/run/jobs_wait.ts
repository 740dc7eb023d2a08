import { findProject } from "../../config/mod.ts";
import { EpackError, exitCodes } from "../../errors.ts";
import { findJob, jobFields, jobFiles, type JobRecord, lockFreed, readJob } from "../../job/mod.ts";
import type { CommandRun } from "../command_run.ts";
import { jobCommand, jobMark } from "../render/job.ts";
import type { JobsFlags } from "./jobs_show.ts";

export interface JobsWaitFlags extends JobsFlags {
  timeout?: number;
}

export default async function (run: CommandRun, flags: JobsWaitFlags, ...words: string[]): Promise<void> {
  const { root } = await findProject(run.context.cwd, { configPath: flags.config });
  const found: JobRecord[] = [];
  for (const word of words) found.push(await findJob(root, word));
  run.steps.step(found.length === 1 ? `Waiting for ${found[0].id}` : `Waiting for ${found.length} jobs`);
  const ended = await Promise.all(
    found.map((job) => ending(job, { root, timeoutMs: flags.timeout, signal: run.signal })),
  );
  run.exitCode = ended.map(exitCodeOf).find((code) => code !== 0) ?? 0;
  run.result(
    { jobs: ended.map((job) => jobFields(root, job)) },
    ended.map((job) => `${jobMark(job.status, run.paint)} ${job.id}  ${job.status}  ${jobCommand(job)}`),
  );
}

/** A job once it has ended. @throws EpackError `timeout`; `job_not_provable` for one whose end cannot be seen */
async function ending(
  job: JobRecord,
  { root, ...options }: { root: string; timeoutMs?: number; signal: AbortSignal },
): Promise<JobRecord> {
  if (job.status !== "running") return job;
  if (!await lockFreed(jobFiles(root, job.id).lock, options)) {
    throw new EpackError("timeout", `job ${job.id} still runs`, {
      origin: "input",
      hint: `it goes on; see epack jobs ${job.id}`,
    });
  }
  const ended = await readJob(root, job.id);
  if (ended.status !== "running") return ended;
  throw new EpackError("job_not_provable", `the end of job ${job.id} cannot be seen: another program started it`, {
    origin: "input",
  });
}

function exitCodeOf({ status, exitCode }: JobRecord): number {
  if (exitCode !== undefined) return exitCode;
  return status === "completed" ? 0 : exitCodes().internal;
}
