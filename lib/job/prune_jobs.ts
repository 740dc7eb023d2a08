import { join } from "node:path";
import { listFolder } from "../files/mod.ts";
import { JOB } from "../limits.ts";
import { lockState } from "./job_lock.ts";
import { listJobs } from "./jobs.ts";
import { isJobId, jobFiles, jobsFolder } from "./record.ts";

/**
 * Removes the files of jobs that ended: those before a time, or all but the newest ones. A running job is left alone.
 *
 * @returns how many jobs were removed
 */
export async function pruneJobs(
  projectRoot: string,
  options: { endedBefore: Date } | { keep: number },
): Promise<number> {
  const { jobs } = await listJobs(projectRoot);
  const ended = jobs.filter(({ status }) => status !== "running");
  const old = "keep" in options
    ? ended.slice(options.keep)
    : ended.filter(({ completedAt, startedAt }) => (completedAt ?? startedAt) < options.endedBefore);
  for (const { id } of old) {
    const { record, log, lock } = jobFiles(projectRoot, id);
    // the record last: what is left of a removal that was cut off is removed by the next one
    for (const path of [log, lock, record]) await removeFile(path);
  }
  if (old.length > 0) await sweepOrphans(projectRoot);
  return old.length;
}

/** Logs and locks of jobs that ended before they had a record. */
async function sweepOrphans(projectRoot: string): Promise<void> {
  const folder = jobsFolder(projectRoot);
  const names = new Set((await listFolder(folder)).map(({ name }) => name));
  for (const name of names) {
    const [, id, kind] = name.match(/^(\w+)\.(lock|log)$/) ?? [];
    if (id === undefined || !isJobId(id) || names.has(`${id}.json`)) continue;
    if (kind === "log" && names.has(`${id}.lock`)) continue;
    const path = join(folder, name);
    const { mtime } = await Deno.lstat(path).catch(() => ({ mtime: null }));
    if (mtime === null || Date.now() - mtime.getTime() < JOB.keptMs) continue;
    if (kind === "log" || await lockState(path) === "free") await removeFile(path);
  }
}

async function removeFile(path: string): Promise<void> {
  await Deno.remove(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
