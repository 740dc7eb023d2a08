/** What main.ts hands in: everything of the outside world that commands may use. */

/** A stream to the user. Writes are synchronous and whole; a closed or full one throws EpackError `output_closed`. */
export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Of the terminal; 0 when it does not say. */
  columns(): number;
}

/** Takes the documents that `--json` prints; the last one counts. */
export interface JobSink {
  result(json: unknown): void;
  failure(json: unknown, error: { code: string }): void;
}

export interface Context {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly stdin: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Somebody may be typing on stdin. */
  readonly interactive: boolean;
  readonly stdout: Output;
  readonly stderr: Output;
  now(): Date;
  /** Ends the process, without unwinding. */
  exit(code: number): never;
  /** This process is a job: nobody sees what is printed, and what comes out in the end is kept here. */
  readonly job?: JobSink;
  /** Set by the command that ran. */
  exitCode: number;
  /** What stricli writes to; kept apart so that its usage errors become ours. */
  readonly process: { stdout: { write(text: string): void }; stderr: { write(text: string): void }; exitCode?: number };
}
