import { EpackError } from "../errors.ts";
import { openRegular, readAt } from "../files/mod.ts";
import { ADAPTER } from "../limits.ts";
import type { Admitted } from "./admit.ts";
import { readBounded } from "./bounded_read.ts";
import { killGroup, releaseChild, trackChild } from "./children.ts";
import { describeConfinement, type Grants } from "./grants.ts";
import type { AdapterHost, HostCall, StartedCall } from "./host.ts";
import type { ReplyMessage } from "./messages.ts";
import { readLines } from "./lines.ts";
import { startChild } from "./self.ts";
import type { RunResult } from "./spawn.ts";

export interface ConfinedOptions {
  /** For messages. */
  name: string;
  grants: Grants;
  /** The adapter's environment: handed over as values, never the real one. */
  env: Record<string, string>;
  /** From source, where this Deno keeps its modules. */
  denoDir?: string;
  /** Makes the adapter's own words in errors fit to be shown. Default: as they are. */
  clean?: (text: string) => string;
}

interface Waiting {
  resolve: (result: RunResult) => void;
  reject: (error: unknown) => void;
}

/**
 * A built-in adapter, or an admitted module, in a child of this program: a Worker with exactly its grants. The child starts at
 * once and serves all calls; a module's sealed copy is read once and then disposed of.
 *
 * @throws EpackError `adapter_refused`, `limit_exceeded`
 */
export async function confinedHost(
  what: { builtIn: string } | { module: Admitted },
  options: ConfinedOptions,
): Promise<AdapterHost> {
  const load = "builtIn" in what ? what : { moduleText: await moduleText(what.module, options.name) };
  return new ConfinedHost(load, options);
}

async function moduleText(module: Admitted, name: string): Promise<string> {
  using _sealed = module;
  using file = await openRegular(module.path, { what: "adapter", maxBytes: ADAPTER.moduleBytes });
  const bytes = new Uint8Array(file.sizeBytes);
  readAt(file.file, 0, bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new EpackError("adapter_refused", `adapter "${name}" is not valid UTF-8`, { origin: "adapter", cause });
  }
}

class ConfinedHost implements AdapterHost {
  readonly confinement: string;
  private readonly token = crypto.randomUUID();
  private readonly child: Deno.ChildProcess;
  private readonly stdin: WritableStreamDefaultWriter<Uint8Array>;
  private readonly stderr: ReturnType<typeof readBounded>;
  private readonly reading: Promise<void>;
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  private log = "";
  /** Characters since the last call. */
  private said = 0;
  private ended?: unknown;

  constructor(load: { builtIn: string } | { moduleText: string }, private readonly options: ConfinedOptions) {
    this.confinement = describeConfinement("confined", options.grants);
    this.child = startChild(options);
    trackChild(this.child);
    this.stdin = this.child.stdin.getWriter();
    this.stderr = readBounded(this.child.stderr, {
      maxBytes: ADAPTER.stderrBytes,
      tailBytes: ADAPTER.stderrTailBytes,
      onOverflow: () => killGroup(this.child),
    });
    this.reading = this.read();
    const { grants, env } = options;
    void this.send({ token: this.token, load, grants, env, maxRssBytes: ADAPTER.confinedRssBytes });
  }

  call({ command, input, timeoutMs, signal }: HostCall): Promise<RunResult> {
    if (this.ended !== undefined) return Promise.reject(this.ended);
    const id = ++this.lastId;
    this.said = 0;
    const request = input === undefined ? undefined : JSON.parse(new TextDecoder().decode(input));
    return new Promise<RunResult>((resolve, reject) => {
      const timer = setTimeout(() => {
        const { name } = this.options;
        this.end(
          new EpackError("timeout", `adapter "${name}" did not answer ${command} within ${timeoutMs / 1000} s`, {
            origin: "adapter",
          }),
        );
      }, timeoutMs);
      const onAbort = () => this.end(signal?.reason);
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        this.waiting.delete(id);
      };
      this.waiting.set(id, {
        resolve: (result) => (settle(), resolve(result)),
        reject: (error) => (settle(), reject(error)),
      });
      signal?.addEventListener("abort", onAbort);
      if (signal?.aborted) onAbort();
      else void this.send({ id, command, request });
    });
  }

  /** What the adapter goes on with after its answer goes on in the child, beside further calls. */
  start(call: HostCall): Promise<StartedCall> {
    const answer = this.call(call);
    answer.catch(() => {});
    return Promise.resolve({ answer, [Symbol.asyncDispose]: () => Promise.resolve() });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end(new EpackError("internal", `adapter "${this.options.name}" was closed`));
    await this.child.status;
    releaseChild(this.child);
    const letGo = setTimeout(() => this.stderr.stop(), ADAPTER.graceMs);
    await Promise.all([this.reading, this.stderr.done]);
    clearTimeout(letGo);
    await this.stdin.close().catch(() => {});
  }

  /** A child that is gone says so by its exit: a failed write is not the news. */
  private async send(message: unknown): Promise<void> {
    await this.stdin.write(new TextEncoder().encode(`${JSON.stringify(message)}\n`)).catch(() => {});
  }

  private async read(): Promise<void> {
    try {
      for await (const line of readLines(this.child.stdout, { maxChars: ADAPTER.responseBytes })) this.take(line);
    } catch (error) {
      // anything else is a pipe that broke: the child is gone
      if (error instanceof RangeError) this.fault(`said more than ${ADAPTER.responseBytes} bytes at once`);
    }
    const { code } = await this.child.status;
    this.end(this.ended ?? await this.crash(code));
  }

  /** Lines without the token are not ours: something in the child wrote to its stdout. */
  private take(line: string): void {
    this.said += line.length;
    if (this.said > ADAPTER.responseBytes + ADAPTER.stderrBytes) return this.fault("said too much for one answer");
    if (!line.startsWith(this.token)) return;
    const message = readReply(line.slice(this.token.length));
    if (message === undefined) return this.fault("said something that is no answer");
    if ("log" in message) this.log = lastLines(`${this.log}${message.log}\n`, ADAPTER.stderrTailBytes);
    else if ("fatal" in message) {
      const refused = message.fatal.startsWith("the module is refused");
      this.end(this.failure(refused ? "adapter_refused" : "adapter_crashed", message.fatal));
    } else this.answer(message);
  }

  private answer(message: Extract<ReplyMessage, { id: number }>): void {
    const waiting = this.waiting.get(message.id);
    if (waiting === undefined) return;
    if ("failed" in message) return waiting.reject(this.failure("adapter_crashed", message.failed));
    waiting.resolve({
      stdout: new TextEncoder().encode(JSON.stringify(message.reply)),
      exitCode: 0,
      stderrTail: this.log,
    });
  }

  /** An error of the adapter; its own words in it are cleaned. */
  private failure(code: "adapter_refused" | "adapter_crashed" | "adapter_protocol", said: string): EpackError {
    const { name, clean = (text: string) => text } = this.options;
    return new EpackError(code, `adapter "${name}": ${clean(said)}`, { origin: "adapter" });
  }

  private fault(what: string): void {
    this.end(this.failure("adapter_protocol", what));
  }

  private async crash(code: number): Promise<EpackError> {
    const { bytes } = await this.stderr.done;
    const lines = new TextDecoder().decode(bytes).trim().split("\n");
    // of a runtime that ends itself the first such line is the news, and a backtrace follows
    const tail = lines.find((line) => /out of memory|fatal|panicked|error/i.test(line)) ?? lines.at(-1) ?? "";
    return this.failure("adapter_crashed", `it ended with exit code ${code}${tail === "" ? "" : `: ${tail}`}`);
  }

  /** Fails whatever still waits, and ends the child. */
  private end(error: unknown): void {
    this.ended ??= error;
    killGroup(this.child);
    for (const waiting of [...this.waiting.values()]) waiting.reject(this.ended);
  }
}

/** A line of the child, when it has the form of one: the adapter may have had its hands on what wrote it. */
function readReply(text: string): ReplyMessage | undefined {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof message !== "object" || message === null) return undefined;
  const { log, fatal, id, failed } = message as Record<string, unknown>;
  if (typeof log === "string") return { log };
  if (typeof fatal === "string") return { fatal };
  if (typeof id !== "number") return undefined;
  return typeof failed === "string" ? { id, failed } : { id, reply: (message as { reply?: unknown }).reply ?? null };
}

/** The end of a text, from the beginning of a line on: the rest of a cut one might be the rest of a secret. */
function lastLines(text: string, most: number): string {
  if (text.length <= most) return text;
  const tail = text.slice(-most);
  return tail.slice(tail.indexOf("\n") + 1);
}
