import type { JsonObject } from "../codec/mod.ts";
import { showText } from "../codec/mod.ts";
import { EpackError } from "../errors.ts";
import { ADAPTER } from "../limits.ts";
import { redact } from "../net/mod.ts";
import {
  CAPABILITIES,
  type Capabilities,
  type Command,
  parseCapabilities,
  parseReply,
  type RequestFields,
  requestFor,
  type Result,
} from "../protocol/mod.ts";
import type { AdapterHost, HostCall, RunResult } from "../sandbox/mod.ts";
import { adapterTurn } from "./rate_limit.ts";

/** Who vouches for the bytes that run: the lockfile, this program, or nobody. */
export type Assurance = "pinned" | "built_in" | "unpinned";

export interface SessionOptions {
  /** Of the adapter, for messages. */
  name: string;
  assurance: Assurance;
  /** SHA-256 of the adapter's file; a built-in one has none of its own. */
  adapterDigest?: string;
  extensions?: JsonObject;
  /** For every command. Default 5 min; capabilities have 30 s at most. */
  timeoutMs?: number;
  signal?: AbortSignal;
  /** Values that never appear in what is shown of the adapter; {@link Session.hide} adds to them. */
  secrets?: string[];
  /** The command that logs in to this remote, for hints. */
  loginCommand?: string;
  /** Gets what the adapter wrote for people: cleaned, redacted, bounded. */
  onLog?: (text: string) => void;
}

/** A command that was answered and goes on. Disposing of it ends that. */
export interface OngoingCommand<Name extends Command> extends AsyncDisposable {
  readonly result: Result<Name>;
  /** Its process ended with 0. Rejects with EpackError `adapter_crashed`; absent where one process serves all commands. */
  readonly ended?: Promise<void>;
}

/** A conversation with an admitted adapter whose capabilities are known. It takes a host, never a path. */
export class Session implements AsyncDisposable {
  private constructor(
    private readonly host: AdapterHost,
    private readonly options: SessionOptions & { secrets: string[] },
    readonly capabilities: Capabilities,
  ) {}

  /**
   * Asks for the capabilities. The host belongs to the session from here on, also when this fails.
   *
   * @throws EpackError `adapter_protocol`, `adapter_crashed`, `timeout`, …
   */
  static async open(host: AdapterHost, options: SessionOptions): Promise<Session> {
    try {
      const timeoutMs = Math.min(options.timeoutMs ?? ADAPTER.capabilitiesMs, ADAPTER.capabilitiesMs);
      await adapterTurn(options.signal);
      const result = await host.call({ command: CAPABILITIES, timeoutMs, signal: options.signal });
      const show = shownBy(options);
      show(result.stderrTail);
      if (result.exitCode !== 0) throw crashed(CAPABILITIES, result, options);
      return new Session(
        host,
        { ...options, secrets: options.secrets ?? [] },
        parseCapabilities(result.stdout, { adapterName: options.name }),
      );
    } catch (error) {
      await host[Symbol.asyncDispose]();
      throw error;
    }
  }

  get name(): string {
    return this.options.name;
  }

  get assurance(): Assurance {
    return this.options.assurance;
  }

  get adapterDigest(): string | undefined {
    return this.options.adapterDigest;
  }

  get confinement(): string {
    return this.host.confinement;
  }

  /**
   * Sends one command and checks its answer.
   *
   * @throws AdapterError for an error answer; EpackError `adapter_protocol`, `adapter_crashed`, `timeout`
   */
  async request<Name extends Command>(
    command: Name,
    fields: RequestFields<Name>,
    options: { timeoutMs?: number } = {},
  ): Promise<Result<Name>> {
    const { call, read } = this.compose(command, fields, options);
    await adapterTurn(this.options.signal);
    return read(await this.host.call(call));
  }

  /**
   * Sends a command whose process may live on after it answered, and checks its answer. The time-out is for the answer.
   *
   * @throws as {@link request}
   */
  async start<Name extends Command>(command: Name, fields: RequestFields<Name>): Promise<OngoingCommand<Name>> {
    const { call, read } = this.compose(command, fields);
    await adapterTurn(this.options.signal);
    const started = await this.host.start(call);
    try {
      const result = read(await started.answer);
      const ended = started.ended?.then((end) => {
        if (end.exitCode !== 0) throw crashed(command, end, { ...this.options, answered: true });
      });
      // whoever does not wait for it has another end
      ended?.catch(() => {});
      return { result, ended, [Symbol.asyncDispose]: () => started[Symbol.asyncDispose]() };
    } catch (error) {
      await started[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** From here on this value, too, is taken out of what is shown of the adapter. */
  hide(secret: string): void {
    if (!this.options.secrets.includes(secret)) this.options.secrets.push(secret);
  }

  private compose<Name extends Command>(
    command: Name,
    fields: RequestFields<Name>,
    options: { timeoutMs?: number } = {},
  ): { call: HostCall; read: (end: RunResult) => Result<Name> } {
    const { name, extensions, secrets, loginCommand, signal } = this.options;
    const request = requestFor(command, fields, { extensions });
    return {
      call: {
        command,
        input: new TextEncoder().encode(JSON.stringify(request) + "\n"),
        timeoutMs: options.timeoutMs ?? this.options.timeoutMs ?? ADAPTER.commandMs,
        signal,
      },
      read: (end) => {
        shownBy(this.options)(end.stderrTail);
        if (end.stdout.length === 0 && end.exitCode !== 0) throw crashed(command, end, this.options);
        return parseReply(end.stdout, {
          command,
          requestId: request.request_id,
          adapterName: name,
          exitCode: end.exitCode,
          redact: (text) => redact(text, { secrets }),
          loginCommand: this.capabilities.features.authLogin && command !== "auth.login" ? loginCommand : undefined,
        });
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host[Symbol.asyncDispose]();
  }
}

function shownBy(options: SessionOptions): (raw: string) => void {
  return (raw) => {
    if (raw.trim() !== "") options.onLog?.(clean(raw, options));
  };
}

const COLOURS = /\u001b\[[0-9;]{0,40}m/g;

/**
 * The end of what an adapter wrote for people. Secrets are taken out of all of it first, without colours: a cut, or a colour
 * between a name and its value, would hide what they are.
 */
function clean(raw: string, options: SessionOptions): string {
  const text = redact(raw.replace(COLOURS, "").trimEnd(), { secrets: options.secrets });
  const isLong = text.length > ADAPTER.errorMessageChars;
  const end = isLong ? text.slice(-ADAPTER.errorMessageChars).replace(/^[^\n]*\n/, "") : text;
  return showText(end, { maxChars: ADAPTER.errorMessageChars, lines: true });
}

function crashed(command: string, result: RunResult, options: SessionOptions & { answered?: boolean }): EpackError {
  const tail = clean(result.stderrTail, options).split("\n").filter((line) => line.trim() !== "").slice(-5).join(
    "\n  ",
  );
  return new EpackError(
    "adapter_crashed",
    `adapter "${options.name}" ended ${
      options.answered
        ? `${command} with exit code ${result.exitCode}`
        : `with exit code ${result.exitCode} and no answer to ${command}`
    }${tail === "" ? "" : `:\n  ${tail}`}`,
    {
      origin: "adapter",
    },
  );
}
