import { buildCommand, buildRouteMap } from "@stricli/core";
import { action } from "../action.ts";
import type { Context } from "../context.ts";
import { commonAliases, commonFlags, configFlag, switchFlag } from "../flags.ts";
import { proposeJobs } from "../proposals.ts";
import { parseDuration } from "../remote_flags.ts";
import type { JobsCancelFlags } from "../run/jobs_cancel.ts";
import type { JobsListFlags } from "../run/jobs_list.ts";
import type { JobsLogsFlags } from "../run/jobs_logs.ts";
import type { JobsPruneFlags } from "../run/jobs_prune.ts";
import type { JobsFlags } from "../run/jobs_show.ts";
import type { JobsWaitFlags } from "../run/jobs_wait.ts";
import { parseCount } from "../since.ts";

const flags = { ...configFlag, ...commonFlags } as const;
const aliases = { ...commonAliases, c: "config" } as const;
const job = {
  brief: "latest, an id, or how one begins",
  parse: String,
  placeholder: "job",
  proposeCompletions: proposeJobs,
} as const;
const severalJobs = { kind: "array", parameter: job, minimum: 1 } as const;
const time = (brief: string) =>
  ({ kind: "parsed", parse: parseDuration, brief, optional: true, placeholder: "time" }) as const;

/** The words after `epack jobs`: the commands of jobs beside the jobs, since it is a command itself. */
async function proposeJobCommands(this: Context, partial: string): Promise<readonly string[]> {
  const commands = ["list", "show", "logs", "wait", "cancel", "prune"].filter((name) => name.startsWith(partial));
  return [...commands, ...await proposeJobs.call(this, partial)];
}

const list = buildCommand<JobsListFlags, [string?], Context>({
  loader: action(() => import("../run/jobs_list.ts")),
  parameters: {
    flags: {
      all: switchFlag("Also those that ended"),
      clean: switchFlag("Remove those that ended more than 24 hours ago, as jobs prune does"),
      ...flags,
    },
    positional: { kind: "tuple", parameters: [{ ...job, optional: true, proposeCompletions: proposeJobCommands }] },
    aliases: { ...aliases, a: "all" },
  },
  docs: {
    brief: "List the jobs that run, or show one",
    fullDescription: `A job whose process ended without noting how is lost: it was killed, or the machine went down.

Examples:
  epack jobs
  epack jobs --all --json
  epack jobs job_20260131_120000_4242`,
  },
});

const show = buildCommand<JobsFlags, [string], Context>({
  loader: action(() => import("../run/jobs_show.ts")),
  parameters: { flags, positional: { kind: "tuple", parameters: [job] }, aliases },
  docs: {
    brief: "Show a job: how it is or ended, its result, the end of its log",
    fullDescription: "Examples:\n  epack jobs show latest\n  epack jobs show latest --json",
  },
});

const logs = buildCommand<JobsLogsFlags, [string], Context>({
  loader: action(() => import("../run/jobs_logs.ts")),
  parameters: {
    flags: {
      follow: switchFlag("Go on until the job ends"),
      lines: { kind: "parsed", parse: parseCount, brief: "The last so many", optional: true, placeholder: "number" },
      ...flags,
    },
    positional: { kind: "tuple", parameters: [job] },
    aliases: { ...aliases, f: "follow", n: "lines" },
  },
  docs: {
    brief: "Print what a job said",
    fullDescription: "Examples:\n  epack jobs logs latest\n  epack jobs logs -f latest",
  },
});

const wait = buildCommand<JobsWaitFlags, string[], Context>({
  loader: action(() => import("../run/jobs_wait.ts")),
  parameters: {
    flags: { timeout: time("At most so long, such as 90s or 5m; the job goes on"), ...flags },
    positional: severalJobs,
    aliases,
  },
  docs: {
    brief: "Wait until jobs have ended",
    fullDescription:
      `Ends with the job's own exit code; of several, with that of the first that failed. A lost job counts as 1, the time being over is 13.

Examples:
  epack jobs wait latest
  epack jobs wait latest --timeout 10m`,
  },
});

const cancel = buildCommand<JobsCancelFlags, string[], Context>({
  loader: action(() => import("../run/jobs_cancel.ts")),
  parameters: {
    flags: { grace: time("From SIGTERM to SIGKILL (default 10s)"), ...flags },
    positional: severalJobs,
    aliases,
  },
  docs: {
    brief: "End jobs",
    fullDescription:
      `Sends SIGTERM, and SIGKILL to one that does not end in time; only to a process that is proven to be the job. A job that has ended stays as it is.

Examples:
  epack jobs cancel latest`,
  },
});

const prune = buildCommand<JobsPruneFlags, [], Context>({
  loader: action(() => import("../run/jobs_prune.ts")),
  parameters: {
    flags: { olderThan: time("Only those that ended so long ago (default 24h)"), ...flags },
    positional: { kind: "tuple", parameters: [] },
    aliases,
  },
  docs: {
    brief: "Remove jobs that ended, with their logs",
    fullDescription:
      "Without it the newest 100 that ended are kept. Receipts stay.\n\nExamples:\n  epack jobs prune --older-than 1h",
  },
});

export const jobs = buildRouteMap({
  routes: { list, show, logs, wait, cancel, prune },
  // `epack jobs` and `epack jobs <id>`, as the Go tool has them
  defaultCommand: "list",
  aliases: { ls: "list" },
  docs: { brief: "Pushes and pulls in the background (--detach)" },
});
