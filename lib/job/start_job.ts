import { EpackError } from "../errors.ts";
import { ensureFolder } from "../files/mod.ts";
import { JOB } from "../limits.ts";
import { type JobFlags, jobFlags } from "./job_flags.ts";
import { jobsFolder } from "./record.ts";

/** The first argument that makes this program a job; the second is the project's root, then come the command's own words. */
export const JOB_ARGUMENT = "__job";

/** A job that runs, as it says itself on its first line. */
export interface StartedJob {
  id: string;
  pid: number;
  logPath: string;
}

const fromSource = import.meta.url.endsWith(".ts");

/**
 * Starts this program again as a job: in a session of its own, with this process's environment, and with nothing of its terminal, so
 * that neither a hangup nor a reader of this process's output knows of it. Returns when the job says that it runs.
 *
 * @param options.words the command and what follows it
 * @throws EpackError `job_not_started`, `permission_denied`; `file_refused`, `io` when the folder of jobs cannot be made
 */
export async function startJob(
  projectRoot: string,
  options: { words: readonly string[]; cwd: string } & JobFlags,
): Promise<StartedJob> {
  await ensureFolder(jobsFolder(projectRoot), { below: projectRoot });
  const flags = jobFlags(options);
  const main = new URL(fromSource ? "../../main.ts" : "./main.js", import.meta.url);
  const config = fromSource ? [`--config=${new URL("../../deno.json", import.meta.url).pathname}`] : [];
  const before = Deno.build.standalone ? [] : ["run", "--quiet", ...config, ...flags, main.href];
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(Deno.execPath(), {
      args: [...before, JOB_ARGUMENT, projectRoot, ...options.words],
      cwd: options.cwd,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw notStarted(error instanceof Error ? error.message : String(error), error);
  }
  const timer = setTimeout(() => Deno.kill(-child.pid, "SIGKILL"), JOB.startMs);
  try {
    const started = readStarted(await firstLine(child.stdout));
    if (started !== undefined) return started;
    // it is at its end: what it says last is all of it
    const { value } = await child.stderr.getReader().read();
    const said = new TextDecoder().decode(value ?? new Uint8Array()).trim();
    throw notStarted(said === "" ? `it ended with exit code ${(await child.status).code}` : said);
  } finally {
    clearTimeout(timer);
    child.unref();
  }
}

/** What a job prints when it runs. */
export function startedLine({ id, pid, logPath }: StartedJob): string {
  return JSON.stringify({ id, pid, log_path: logPath }) + "\n";
}

function readStarted(line: string): StartedJob | undefined {
  if (line === "") return undefined;
  const { id, pid, log_path: logPath } = JSON.parse(line);
  return { id, pid, logPath };
}

/** Up to its line feed; empty when the stream ends before. */
async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes("\n")) return text.slice(0, text.indexOf("\n"));
  }
  return "";
}

function notStarted(reason: string, cause?: unknown): EpackError {
  return new EpackError("job_not_started", `the job did not start: ${reason}`, { cause });
}
