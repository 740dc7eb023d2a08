import { showText } from "../../codec/mod.ts";
import { findProject } from "../../config/mod.ts";
import { findJob, jobFields, jobFiles, type JobRecord, readLog } from "../../job/mod.ts";
import { JOB } from "../../limits.ts";
import type { CommandRun } from "../command_run.ts";
import type { CommonFlags } from "../flags.ts";
import { jobCommand, jobMark } from "../render/job.ts";
import { showTime } from "../render/time.ts";

export interface JobsFlags extends CommonFlags {
  config?: string;
}

export default async function (run: CommandRun, flags: JobsFlags, word: string): Promise<void> {
  const { root } = await findProject(run.context.cwd, { configPath: flags.config });
  const job = await findJob(root, word);
  const log = flags.json ? "" : await readLog(root, job.id, { lines: JOB.shownLines });
  run.result(jobFields(root, job), [
    `${jobMark(job.status, run.paint)} ${run.paint.bold(job.id)}`,
    ...fieldsOf(job).map(([name, value]) => `  ${`${name}:`.padEnd(10)}${value}`),
    `  ${"Log:".padEnd(10)}${jobFiles(root, job.id).log}`,
    ...log.split("\n").filter((line) => line !== "").map((line) => `    ${line}`),
  ]);
}

function fieldsOf(job: JobRecord): [name: string, value: string][] {
  const { status, pid, startedAt, completedAt, exitCode, error, failure } = job;
  const receipt = job.result?.receipt_path;
  const all: [string, string | undefined][] = [
    ["Command", jobCommand(job)],
    ["Status", status === "lost" ? "lost: it was killed, or the machine went down" : status],
    ["Process", status === "running" ? String(pid) : undefined],
    ["Started", showTime(startedAt)],
    ["Ended", completedAt && showTime(completedAt)],
    ["Exit", exitCode === undefined ? undefined : String(exitCode)],
    ["Error", error && showText(error, { maxChars: 4000 })],
    ["Hint", typeof failure?.hint === "string" ? showText(failure.hint) : undefined],
    ["Receipt", typeof receipt === "string" ? showText(receipt) : undefined],
  ];
  return all.filter((field): field is [string, string] => field[1] !== undefined);
}
