import type { JsonObject } from "../codec/mod.ts";
import { becomeJob, type JobOutcome, type OwnJob, startedLine } from "../job/mod.ts";
import { redact } from "../net/mod.ts";
import type { Context, JobSink, Output } from "./context.ts";

type Outside = Omit<Context, "process" | "exitCode">;

/**
 * Runs a command as a job: `__job <project's root> <command> <words…>`. Says on stdout that it runs, once, and from then on
 * writes to the job's log alone.
 *
 * @param run runs a command line
 */
export async function runAsJob(outside: Outside, run: (outside: Outside) => Promise<number>): Promise<number> {
  const [, projectRoot, ...words] = outside.args;
  const { cwd, now } = outside;
  // seldom is a secret typed, and a file keeps it
  const args = words.slice(1).filter((word) => word !== "--detach" && word !== "-d").map((word) => redact(word));
  const job = await becomeJob(projectRoot, { command: words[0], args, cwd, now });
  outside.stdout.write(startedLine({ id: job.record.id, pid: job.record.pid, logPath: job.logPath }));
  const output = logOutput(job);
  const sink = new Outcome();
  const exitCode = await run({
    ...outside,
    args: words,
    stdin: new ReadableStream({ start: (controller) => controller.close() }),
    interactive: false,
    stdout: output,
    stderr: output,
    job: sink,
  });
  await job.end({ exitCode, ...sink.outcome });
  return exitCode;
}

/** What the command printed last. */
class Outcome implements JobSink {
  readonly outcome: Omit<JobOutcome, "exitCode"> = { interrupted: false };

  result(json: unknown): void {
    this.outcome.result = plain(json);
  }

  failure(json: unknown, error: { code: string }): void {
    this.outcome.failure = plain(json);
    this.outcome.interrupted = error.code === "interrupted";
  }
}

/** As it would be printed: without what is undefined. */
const plain = (json: unknown): JsonObject => JSON.parse(JSON.stringify(json));

function logOutput(job: OwnJob): Output {
  return { write: (text) => job.log(text), isTerminal: false, columns: () => 0 };
}
