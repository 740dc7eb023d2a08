import { EpackError } from "../errors.ts";
import { openRegular, readAt } from "../files/mod.ts";
import { ADAPTER } from "../limits.ts";
import type { Admitted } from "./admit.ts";
import { readBounded } from "./bounded_read.ts";
import { killGroup, releaseChild, trackChild } from "./children.ts";
import type { AdapterHost, HostCall } from "./host.ts";
import { type ChildGrants, startChild } from "./self.ts";
import type { RunResult } from "./spawn.ts";

export interface ConfinedOptions {
  /** For messages. */
  name: string;
  grants: ChildGrants;
  /** The adapter's environment: handed over as values, never the real one. */
  env: Record<string, string>;
  /** From source, where this Deno keeps its modules. */
  denoDir?: string;
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
  private ended?: unknown;

  constructor(load: { builtIn: string } | { moduleText: string }, private readonly options: ConfinedOptions) {
    this.confinement = describeGrants(options.grants);
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
    const decoder = new TextDecoder();
    let rest = "";
    try {
      for await (const chunk of this.child.stdout) {
        rest += decoder.decode(chunk, { stream: true });
        for (let end = rest.indexOf("\n"); end !== -1; end = rest.indexOf("\n")) {
          this.take(rest.slice(0, end));
          rest = rest.slice(end + 1);
        }
        if (rest.length > ADAPTER.responseBytes) {
          this.end(
            new EpackError(
              "adapter_protocol",
              `adapter "${this.options.name}" answered with more than ${ADAPTER.responseBytes} bytes`,
              { origin: "adapter" },
            ),
          );
        }
      }
    } catch { /* the pipe broke: the child is gone */ }
    const { code } = await this.child.status;
    this.end(this.ended ?? await this.crash(code));
  }

  /** Lines without the token are not ours: something in the child wrote to its stdout. */
  private take(line: string): void {
    if (!line.startsWith(this.token)) return;
    const message = JSON.parse(line.slice(this.token.length));
    if (typeof message.log === "string") {
      this.log = (this.log + message.log + "\n").slice(-ADAPTER.stderrTailBytes);
      return;
    }
    const { name } = this.options;
    if (typeof message.fatal === "string") {
      const refused = message.fatal.startsWith("the module is refused");
      this.end(
        new EpackError(refused ? "adapter_refused" : "adapter_crashed", `adapter "${name}": ${message.fatal}`, {
          origin: "adapter",
        }),
      );
      return;
    }
    const waiting = this.waiting.get(message.id);
    if (waiting === undefined) return;
    if (typeof message.failed === "string") {
      waiting.reject(new EpackError("adapter_crashed", `adapter "${name}": ${message.failed}`, { origin: "adapter" }));
    } else {waiting.resolve({
        stdout: new TextEncoder().encode(JSON.stringify(message.reply)),
        exitCode: 0,
        stderrTail: this.log,
      });}
  }

  private async crash(code: number): Promise<EpackError> {
    const { bytes } = await this.stderr.done;
    const tail = new TextDecoder().decode(bytes).trim().split("\n").at(-1) ?? "";
    return new EpackError(
      "adapter_crashed",
      `adapter "${this.options.name}" ended with exit code ${code}${tail === "" ? "" : `: ${tail}`}`,
      { origin: "adapter" },
    );
  }

  /** Fails whatever still waits, and ends the child. */
  private end(error: unknown): void {
    this.ended ??= error;
    killGroup(this.child);
    for (const waiting of [...this.waiting.values()]) waiting.reject(this.ended);
  }
}

/** Grants in one line for people. */
function describeGrants(grants: ChildGrants): string {
  const parts = (["read", "write", "net", "sys"] as const).filter((name) => grants[name].length > 0)
    .map((name) => `${name} ${grants[name].join(", ")}`);
  return `confined: ${parts.length === 0 ? "no files, no network" : `${parts.join("; ")}; nothing else`}`;
}
