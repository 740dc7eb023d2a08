import { systemCode } from "../files/mod.ts";
import { EpackError } from "../errors.ts";
import { ADAPTER } from "../limits.ts";
import { readBounded } from "./bounded_read.ts";
import { killGroup, releaseChild, trackChild } from "./children.ts";
import { JsonEnd } from "./json_end.ts";

export interface RunOptions {
  args: readonly string[];
  /** What it is asked, for messages. */
  command: string;
  env: Record<string, string>;
  /** A folder that will be removed: what an adapter leaves beside itself, such as a core dump, goes with it. */
  cwd: string;
  /** Written to stdin, then its end; nothing when absent. */
  input?: Uint8Array<ArrayBuffer>;
  timeoutMs: number;
  signal?: AbortSignal;
  /** For messages. */
  name: string;
}

export interface RunResult {
  stdout: Uint8Array<ArrayBuffer>;
  /** 128 + n when a signal ended it. */
  exitCode: number;
  /** The last part of stderr, raw. */
  stderrTail: string;
}

/** A program that runs. Disposing of it ends its group at once. */
export interface StartedProgram extends AsyncDisposable {
  /** Its output as soon as that is one whole JSON object, its end when it comes first. */
  readonly answer: Promise<RunResult>;
  readonly ended: Promise<RunResult>;
}

/**
 * Runs a program in its own process group, with nothing but the given environment. Output is bounded while it is read; at the
 * end, at a bound, a time-out or an abort the whole group is ended, and pipes that something still holds are let go.
 *
 * @throws EpackError `timeout`, `adapter_protocol` (output bound), `adapter_refused` (cannot be started); the signal's reason
 */
export async function runProgram(path: string, options: RunOptions): Promise<RunResult> {
  await using program = await startProgram(path, options);
  return await program.ended;
}

/**
 * As {@link runProgram}, but its answer may be had before its end.
 *
 * @param options.stdinMs stdin stays open until the answer, and no longer than this; the time-out is for the answer then. Default:
 *   stdin ends with the input, and the time-out is for the whole run
 */
export async function startProgram(
  path: string,
  options: RunOptions & { stdinMs?: number },
): Promise<StartedProgram> {
  options.signal?.throwIfAborted();
  const child = await start(path, options);
  trackChild(child);
  let failure: unknown;
  const fail = (error: unknown) => {
    failure ??= error;
    killGroup(child);
  };
  const tooMuch = (what: string, bytes: number) => () =>
    fail(
      new EpackError("adapter_protocol", `adapter "${options.name}" wrote more than ${bytes} bytes to ${what}`, {
        origin: "adapter",
      }),
    );
  const answer = Promise.withResolvers<RunResult>();
  const inTime = () => {
    clearTimeout(timer);
    stdin.end();
  };
  const whole = new JsonEnd();
  let length = 0;
  let answered = options.stdinMs === undefined;
  const onPiece = (piece: Uint8Array) => {
    if (answered) return;
    const end = whole.add(piece);
    length += end ?? piece.length;
    if (end === undefined) return;
    answered = true;
    inTime();
    answer.resolve({ stdout: stdout.soFar().slice(0, length), exitCode: 0, stderrTail: text(stderr.soFar()) });
  };
  const stdout = readBounded(child.stdout, {
    maxBytes: ADAPTER.responseBytes,
    onOverflow: tooMuch("stdout", ADAPTER.responseBytes),
    onPiece,
  });
  const stderr = readBounded(child.stderr, {
    maxBytes: ADAPTER.stderrBytes,
    tailBytes: ADAPTER.stderrTailBytes,
    onOverflow: tooMuch("stderr", ADAPTER.stderrBytes),
  });
  const timer = setTimeout(
    () =>
      fail(
        new EpackError(
          "timeout",
          `adapter "${options.name}" did not answer ${options.command} within ${options.timeoutMs / 1000} s`,
          { origin: "adapter" },
        ),
      ),
    options.timeoutMs,
  );
  const onAbort = () => fail(options.signal?.reason);
  options.signal?.addEventListener("abort", onAbort);
  const stdin = feed(child.stdin, options);
  const run = async () => {
    try {
      const status = await child.status;
      // it was in time, whatever its pipes do now
      inTime();
      // grandchildren may hold the pipes: give what is written a moment, then stop waiting
      killGroup(child);
      const letGo = setTimeout(() => [stdin, stdout, stderr].forEach((pipe) => pipe.stop()), ADAPTER.graceMs);
      const [out, err] = await Promise.all([stdout.done, stderr.done, stdin.done]);
      clearTimeout(letGo);
      if (failure !== undefined) throw failure;
      return { stdout: out.bytes, exitCode: status.code, stderrTail: text(err.bytes) };
    } finally {
      inTime();
      options.signal?.removeEventListener("abort", onAbort);
      releaseChild(child);
    }
  };
  const ended = run();
  ended.then(answer.resolve, answer.reject);
  // whoever waits for neither has another failure to tell
  answer.promise.catch(() => {});
  return {
    answer: answer.promise,
    ended,
    async [Symbol.asyncDispose]() {
      releaseChild(child);
      await ended.catch(() => {});
    },
  };
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A copy that was just written may be "busy" while another child that inherited it starts: that passes. */
async function start(path: string, options: RunOptions): Promise<Deno.ChildProcess> {
  for (let attempt = 0;; attempt++) {
    try {
      return new Deno.Command(path, {
        args: [...options.args],
        env: options.env,
        clearEnv: true,
        cwd: options.cwd,
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
        detached: true,
      }).spawn();
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      const busy = systemCode(error) === "ETXTBSY" ||
        (error instanceof Error && /text file busy|os error 26/i.test(error.message));
      if (!busy || attempt === 20) {
        throw new EpackError(
          "adapter_refused",
          `adapter "${options.name}" cannot be started: ${error instanceof Error ? error.message : error}`,
          {
            origin: "adapter",
            hint:
              "is it an executable for this machine, with its interpreter installed, and is the temporary folder not mounted noexec?",
            cause: error,
          },
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 1 + 2 * attempt));
    }
  }
}

/**
 * Writes the request; stdin then ends at once, or with `stdinMs` when `end` is called, after that time at the latest. An adapter
 * that does not read it is no reason to fail: its answer counts. A write to a full pipe that a grandchild holds cannot be taken
 * back: `stop` leaves it to end with its reader.
 */
function feed(stdin: WritableStream<Uint8Array>, { input, stdinMs }: { input?: Uint8Array; stdinMs?: number }) {
  const { promise: done, resolve: stop } = Promise.withResolvers<void>();
  const { promise: atEnd, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, stdinMs ?? 0);
  const end = () => {
    clearTimeout(timer);
    resolve();
  };
  if (stdinMs === undefined) end();
  const write = async () => {
    const writer = stdin.getWriter();
    if (input !== undefined) await writer.write(input);
    await atEnd;
    await writer.close();
  };
  // EPIPE
  void write().catch(() => {}).then(stop);
  return { done, stop, end };
}
