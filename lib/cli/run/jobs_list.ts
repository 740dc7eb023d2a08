import { showText } from "../../codec/mod.ts";
import { findProject } from "../../config/mod.ts";
import { JOB } from "../../limits.ts";
import { jobFields, listJobs } from "../../job/mod.ts";
import type { CommandRun } from "../command_run.ts";
import { columns } from "../render/columns.ts";
import { jobCommand, jobMark } from "../render/job.ts";
import { showTime } from "../render/time.ts";
import type { JobsFlags } from "./jobs_show.ts";

export interface JobsListFlags extends JobsFlags {
  all?: boolean;
  clean?: boolean;
}

export default async function (run: CommandRun, flags: JobsListFlags, word?: string): Promise<void> {
  if (flags.clean) return await (await import("./jobs_prune.ts")).default(run, { ...flags, olderThan: JOB.keptMs });
  if (word !== undefined) return await (await import("./jobs_show.ts")).default(run, flags, word);
  const { root } = await findProject(run.context.cwd, { configPath: flags.config });
  const { jobs, damaged } = await listJobs(root);
  for (const { reason } of damaged) run.steps.warn(showText(reason));
  const shown = flags.all ? jobs : jobs.filter(({ status }) => status === "running");
  const rows = shown.map((job) => [
    `${jobMark(job.status, run.paint)} ${job.id}`,
    job.status + (job.exitCode ? ` (${job.exitCode})` : ""),
    showTime(job.startedAt),
    jobCommand(job),
  ]);
  const hidden = jobs.length - shown.length;
  run.result({ jobs: shown.map((job) => jobFields(root, job)), damaged }, [
    ...(rows.length > 0 ? columns(rows) : [flags.all ? "No jobs." : "No running jobs."]),
    hidden > 0 ? `${hidden} that ended: epack jobs --all` : undefined,
  ]);
}
