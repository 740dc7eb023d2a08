import { findProject } from "../../config/mod.ts";
import { EpackError } from "../../errors.ts";
import { findJob, followLog, jobFiles, readLog } from "../../job/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { JobsFlags } from "./jobs_show.ts";

export interface JobsLogsFlags extends JobsFlags {
  follow?: boolean;
  lines?: number;
}

export default async function (run: CommandRun, flags: JobsLogsFlags, word: string): Promise<void> {
  if (flags.follow && (flags.json || flags.lines !== undefined)) {
    throw new EpackError("usage", "--follow goes with neither --json nor --lines", { origin: "input" });
  }
  const { context, signal } = run;
  const { root } = await findProject(context.cwd, { configPath: flags.config });
  const { id } = await findJob(root, word);
  const onText = (text: string) => context.stdout.write(text);
  if (flags.follow) return await followLog(root, id, { signal, onText });
  const log = await readLog(root, id, flags);
  if (flags.json) run.result({ job_id: id, log_path: jobFiles(root, id).log, log }, []);
  else onText(log);
}
