/** Jobs: commands that go on when their terminal is gone. Their state is in files, and a lock says whether one runs. */
export { cancelJob } from "./cancel_job.ts";
export { lockFreed } from "./job_lock.ts";
export { followLog, readLog } from "./job_log.ts";
export { findJob, jobIds, type Jobs, listJobs, readJob } from "./jobs.ts";
export { becomeJob, type JobOutcome, type OwnJob } from "./own_job.ts";
export { pruneJobs } from "./prune_jobs.ts";
export { jobFields, jobFiles, type JobRecord, type JobStatus } from "./record.ts";
export { type StartedJob, startedLine, startJob } from "./start_job.ts";
