import { findProject } from "../../config/mod.ts";
import { cancelJob, findJob, jobFields, type JobRecord } from "../../job/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { JobsFlags } from "./jobs_show.ts";

export interface JobsCancelFlags extends JobsFlags {
  grace?: number;
}

export default async function (run: CommandRun, flags: JobsCancelFlags, ...words: string[]): Promise<void> {
  const { context, signal } = run;
  const { root } = await findProject(context.cwd, { configPath: flags.config });
  const found: JobRecord[] = [];
  for (const word of words) found.push(await findJob(root, word));
  const ended = await Promise.all(
    found.map((job) => cancelJob(root, job, { graceMs: flags.grace, signal, now: context.now })),
  );
  run.result(
    { jobs: ended.map((job) => jobFields(root, job)) },
    ended.map(({ id, status }, at) =>
      found[at].status === "running" ? `${id}: ${status}` : `${id}: ${status} before; left as it is`
    ),
  );
}
