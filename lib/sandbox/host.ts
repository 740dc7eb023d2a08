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

/** Something that answers commands: a native program or a confined module. Bytes in, bytes out; it knows no protocol. */
export interface AdapterHost extends AsyncDisposable {
  /** How the adapter is confined, in one line for people. */
  readonly confinement: string;
  call(call: HostCall): Promise<RunResult>;
}
