import { EpackError, isEpackError } from "../errors.ts";
import { confineBelow, isAlive, listFolder } from "../files/mod.ts";
import { JOB } from "../limits.ts";
import { lockState } from "./job_lock.ts";
import { isJobId, jobFiles, type JobRecord, jobsFolder, readRecord, unknownJob } from "./record.ts";

/** A job's file that cannot be read. */
export interface DamagedJob {
  path: string;
  reason: string;
}

/** The newest first, and those that cannot be read. */
export interface Jobs {
  jobs: JobRecord[];
  damaged: DamagedJob[];
}

/**
 * The jobs of a project, each as it is now.
 *
 * @throws EpackError `file_refused` when the folder is reached through a link, `limit_exceeded`, `permission_denied`
 */
export async function listJobs(projectRoot: string): Promise<Jobs> {
  const damaged: DamagedJob[] = [];
  const jobs = await Promise.all((await jobIds(projectRoot)).map(async (id) => {
    try {
      return await readJob(projectRoot, id);
    } catch (error) {
      if (!isEpackError(error)) throw error;
      damaged.push({ path: jobFiles(projectRoot, id).record, reason: error.message });
      return undefined;
    }
  }));
  return { jobs: jobs.filter((job) => job !== undefined).sort(newestFirst), damaged };
}

/** The ids of the jobs of a project; none when it never had one. */
export async function jobIds(projectRoot: string): Promise<string[]> {
  const folder = jobsFolder(projectRoot);
  await confineBelow(projectRoot, folder);
  const entries = await listFolder(folder).catch((error) => {
    if (isEpackError(error, "file_not_found")) return [];
    throw error;
  });
  const ids = entries.map(({ name }) => name).filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length)).filter(isJobId);
  if (ids.length <= JOB.listed) return ids.sort().reverse();
  throw new EpackError("limit_exceeded", `more than ${JOB.listed} jobs in ${folder}`, { origin: "project" });
}

/** A job as it is now. @throws EpackError `job_invalid`, `file_not_found`, … */
export async function readJob(projectRoot: string, id: string): Promise<JobRecord> {
  const record = await readRecord(projectRoot, id);
  if (record.status !== "running") return record;
  const lock = await lockState(jobFiles(projectRoot, id).lock);
  if (lock === "held") return record;
  // it may have ended between the two looks: its last deed is to write its end, then to free the lock
  const again = await readRecord(projectRoot, id);
  if (again.status !== "running") return again;
  // the Go tool's jobs have no lock
  return lock === "absent" && again.pid > 1 && isAlive(again.pid) ? again : { ...again, status: "lost" };
}

/** The job that a word names: an id, how one begins, or `latest`. @throws EpackError `job_unknown`, `usage` for several */
export async function findJob(projectRoot: string, word: string): Promise<JobRecord> {
  if (word === "latest") {
    const { jobs: [latest] } = await listJobs(projectRoot);
    if (latest === undefined) throw unknownJob(word);
    return latest;
  }
  const ids = await jobIds(projectRoot);
  const found = ids.includes(word) ? [word] : ids.filter((id) => id.startsWith(word));
  if (found.length === 0 || word === "") throw unknownJob(word);
  if (found.length === 1) return await readJob(projectRoot, found[0]);
  throw new EpackError(
    "usage",
    `${found.length} jobs begin with ${JSON.stringify(word)}: ${found.slice(0, 3).join(", ")}, …`,
    { origin: "input", hint: "give more of the id" },
  );
}

function newestFirst(a: JobRecord, b: JobRecord): number {
  return b.startedAt.getTime() - a.startedAt.getTime() || (a.id < b.id ? 1 : -1);
}
