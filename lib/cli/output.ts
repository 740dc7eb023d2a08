import { EpackError } from "../errors.ts";
import type { Output } from "./context.ts";

const SIGPIPE_EXIT = 128 + 13;
const encoder = new TextEncoder();

/**
 * A stream of the process as an {@link Output}.
 *
 * @param options.lossy what cannot be written is dropped: progress that nobody sees is no reason to fail. Default false.
 */
export function streamOutput(
  stream: { writeSync(bytes: Uint8Array): number; isTerminal(): boolean },
  options: { lossy?: boolean } = {},
): Output {
  return {
    write(text) {
      const bytes = encoder.encode(text);
      try {
        for (let written = 0; written < bytes.length;) written += stream.writeSync(bytes.subarray(written));
      } catch (error) {
        if (options.lossy) return;
        const gone = error instanceof Deno.errors.BrokenPipe;
        throw new EpackError(
          "output_closed",
          gone
            ? "the reader of the output is gone"
            : `the output cannot be written: ${error instanceof Error ? error.message : error}`,
          {
            origin: "input",
            exitCode: gone ? SIGPIPE_EXIT : undefined,
            cause: error,
          },
        );
      }
    },
    isTerminal: stream.isTerminal(),
    columns() {
      try {
        return Deno.consoleSize().columns;
      } catch {
        return 0;
      }
    },
  };
}
