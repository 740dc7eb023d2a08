import { resolve } from "node:path";
import { foreseeAdapter } from "../../adapter/mod.ts";
import { SYS_GRANTS } from "../../config/mod.ts";
import { JOB } from "../../limits.ts";
import { pruneJobs, startJob } from "../../job/mod.ts";
import { openPack } from "../../pack/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { RemoteFlags } from "../remote_flags.ts";
import { remoteRequest } from "./open_remote.ts";

/**
 * Goes on with this very command as a job. What can be known before is looked at first, so that mistakes are said at once: the
 * project, the remotes and their adapters, that each pack can be opened.
 */
export async function detach(
  run: CommandRun,
  flags: RemoteFlags,
  { remotes, packs }: { remotes: readonly string[]; packs: readonly string[] },
): Promise<void> {
  const { context, signal } = run;
  for (const pack of packs) (await openPack(resolve(context.cwd, pack), { signal }))[Symbol.dispose]();
  let projectRoot = context.cwd;
  for (const name of remotes) {
    const { project, remote, verification } = await remoteRequest(run, flags, { name });
    await foreseeAdapter(project, remote, { ...verification, signal });
    projectRoot = project.root;
  }
  await pruneJobs(projectRoot, { keep: JOB.kept });
  const [command] = context.args;
  const { id, pid, logPath } = await startJob(projectRoot, {
    words: context.args,
    cwd: context.cwd,
    sysNames: SYS_GRANTS,
  });
  run.result({ detached: true, job_id: id, pid, log_path: logPath }, [
    `${run.paint.green("Started")} the ${command} in the background`,
    `  Job:      ${id}`,
    `  Process:  ${pid}`,
    `  Log:      ${logPath}`,
    `See how it goes with: epack jobs ${id}, and epack jobs logs -f ${id}`,
  ]);
}
