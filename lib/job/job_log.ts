import { showText } from "../codec/mod.ts";
import { isEpackError } from "../errors.ts";
import { openRegular, readAt } from "../files/mod.ts";
import { JOB } from "../limits.ts";
import { lockFreed } from "./job_lock.ts";
import { jobFiles } from "./record.ts";

/** The end of a job's log, cleaned; empty when there is none. */
export async function readLog(projectRoot: string, id: string, options: { lines?: number } = {}): Promise<string> {
  const { text } = await readFrom(jobFiles(projectRoot, id).log, undefined);
  if (options.lines === undefined) return clean(text);
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const kept = lines.slice(-options.lines);
  return kept.length === 0 ? "" : clean(kept.join("\n") + "\n");
}

/** Gives a job's log, and what comes to it until the job ends. */
export async function followLog(
  projectRoot: string,
  id: string,
  options: { signal: AbortSignal; onText: (text: string) => void },
): Promise<void> {
  const { signal, onText } = options;
  const { log, lock } = jobFiles(projectRoot, id);
  let offset: number | undefined;
  let rest = "";
  const take = async () => {
    const { text, next } = await readFrom(log, offset);
    offset = next;
    rest += text;
    const end = rest.length > JOB.lineChars ? rest.length : rest.lastIndexOf("\n") + 1;
    if (end > 0) onText(clean(rest.slice(0, end)));
    rest = rest.slice(end);
  };
  const ended = lockFreed(lock, { signal });
  for (let over = false; !over;) {
    await take();
    over = await Promise.race([ended, later(JOB.followMs)]);
  }
  await take();
  if (rest !== "") onText(clean(rest));
}

/** From an offset on, or the end of a log that is longer than any of this program's. */
async function readFrom(path: string, offset: number | undefined): Promise<{ text: string; next: number }> {
  try {
    using file = await openRegular(path, { what: "log" });
    const start = offset ?? Math.max(0, file.sizeBytes - JOB.logBytes);
    const bytes = new Uint8Array(Math.max(0, Math.min(file.sizeBytes - start, JOB.logBytes)));
    const count = readAt(file.file, start, bytes);
    const whole = wholeText(bytes.subarray(0, count));
    return { text: new TextDecoder().decode(whole), next: start + whole.length };
  } catch (error) {
    if (isEpackError(error, "file_not_found")) return { text: "", next: offset ?? 0 };
    throw error;
  }
}

/** Without a character of UTF-8 that is cut at the end. */
function wholeText(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}

const clean = (text: string) => showText(text, { lines: true, maxChars: 2 * JOB.logBytes });

/** False, after a while. */
function later(ms: number): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), ms));
}
