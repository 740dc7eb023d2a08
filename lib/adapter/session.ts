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
import type { AdapterHost, RunResult } from "../sandbox/mod.ts";
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
  /** Values that never appear in what is shown of the adapter. */
  secrets?: readonly string[];
  /** Gets what the adapter wrote for people: cleaned, redacted, bounded. */
  onLog?: (text: string) => void;
}

/** A conversation with an admitted adapter whose capabilities are known. It takes a host, never a path. */
export class Session implements AsyncDisposable {
  private constructor(
    private readonly host: AdapterHost,
    private readonly options: SessionOptions,
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
      return new Session(host, options, parseCapabilities(result.stdout, { adapterName: options.name }));
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
    const { name, extensions, signal } = this.options;
    const request = requestFor(command, fields, { extensions });
    const input = new TextEncoder().encode(JSON.stringify(request) + "\n");
    await adapterTurn(signal);
    const timeoutMs = options.timeoutMs ?? this.options.timeoutMs ?? ADAPTER.commandMs;
    const result = await this.host.call({ command, input, timeoutMs, signal });
    shownBy(this.options)(result.stderrTail);
    if (result.stdout.length === 0 && result.exitCode !== 0) throw crashed(command, result, this.options);
    return parseReply(result.stdout, {
      command,
      requestId: request.request_id,
      adapterName: name,
      exitCode: result.exitCode,
      redact: (text) => redact(text, { secrets: this.options.secrets }),
    });
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

function crashed(command: string, result: RunResult, options: SessionOptions): EpackError {
  const tail = clean(result.stderrTail, options).split("\n").filter((line) => line.trim() !== "").slice(-5).join(
    "\n  ",
  );
  return new EpackError(
    "adapter_crashed",
    `adapter "${options.name}" ended with exit code ${result.exitCode} and no answer to ${command}${
      tail === "" ? "" : `:\n  ${tail}`
    }`,
    {
      origin: "adapter",
    },
  );
}
