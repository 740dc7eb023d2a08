import { findProject } from "../../config/mod.ts";
import { JOB } from "../../limits.ts";
import { pruneJobs } from "../../job/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { JobsFlags } from "./jobs_show.ts";

export interface JobsPruneFlags extends JobsFlags {
  olderThan?: number;
}

export default async function (run: CommandRun, flags: JobsPruneFlags): Promise<void> {
  const { context } = run;
  const { root } = await findProject(context.cwd, { configPath: flags.config });
  const age = flags.olderThan ?? JOB.keptMs;
  const cleaned = await pruneJobs(root, { endedBefore: new Date(context.now().getTime() - age) });
  run.result({ cleaned }, [`Removed ${cleaned} jobs that ended`]);
}
