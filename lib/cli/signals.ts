import { EpackError } from "../errors.ts";
import { cleanUpNow } from "../last_resort.ts";

const SIGNALS: readonly (readonly [Deno.Signal, number])[] = Deno.build.os === "windows"
  ? [["SIGINT", 2]]
  : [["SIGINT", 2], ["SIGTERM", 15], ["SIGHUP", 1]];

/** How long a command may unwind before the process ends anyway. */
const UNWIND_MS = 5_000;

/**
 * Turns SIGINT, SIGTERM and SIGHUP into an abort whose reason carries 128 + n. A second signal, or five seconds, ends the process:
 * children are killed and staging is removed first, synchronously.
 */
export function catchSignals(
  options: { exit: (code: number) => never; job?: unknown },
): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  let deadline: ReturnType<typeof setTimeout> | undefined;
  const endNow = (code: number) => {
    cleanUpNow();
    options.exit(code);
  };
  const listeners = SIGNALS.map(([name, number]) => {
    const exitCode = 128 + number;
    const listener = () => {
      // a job has no terminal that could hang up
      if (name === "SIGHUP" && options.job !== undefined) return;
      if (controller.signal.aborted) endNow(exitCode);
      controller.abort(new EpackError("interrupted", `interrupted by ${name}`, { origin: "input", exitCode }));
      deadline = setTimeout(() => endNow(exitCode), UNWIND_MS);
      Deno.unrefTimer(deadline);
    };
    Deno.addSignalListener(name, listener);
    return [name, listener] as const;
  });
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(deadline);
      for (const [name, listener] of listeners) Deno.removeSignalListener(name, listener);
    },
  };
}
