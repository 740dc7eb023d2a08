import type { RunResult } from "./spawn.ts";

/** One call of an adapter. */
export interface HostCall {
  /** `--capabilities` or a command of the protocol. */
  command: string;
  /** The request, one JSON object; none for `--capabilities`. */
  input?: Uint8Array<ArrayBuffer>;
  timeoutMs: number;
  signal?: AbortSignal;
}

/** A command that may go on after its answer. Disposing of it ends what was started for it alone. */
export interface StartedCall extends AsyncDisposable {
  /** The answer; of a process that ends without a whole one, its end. Rejects as {@link AdapterHost.call}. */
  readonly answer: Promise<RunResult>;
  /** The end of its process; absent where one process serves all commands. Rejects as {@link AdapterHost.call}. */
  readonly ended?: Promise<RunResult>;
}

/** Something that answers commands: a native program or a confined module. Bytes in, bytes out; it knows no protocol. */
export interface AdapterHost extends AsyncDisposable {
  /** How the adapter is confined, in one line for people. */
  readonly confinement: string;
  call(call: HostCall): Promise<RunResult>;
  /** As `call`, for a command whose process lives on after it answered; the time-out is for the answer. */
  start(call: HostCall): Promise<StartedCall>;
}
