import type { CommonFlags } from "../../lib/cli/flags.ts";
import { palette } from "../../lib/cli/render/palette.ts";
import { Steps } from "../../lib/cli/render/steps.ts";
import { Screen } from "./screen.ts";

/** Steps on a stream that remembers, at a time that only the test moves. */
export function watched(
  options: { flags?: CommonFlags; columns?: number; terminal?: boolean; env?: Record<string, string> },
) {
  const { flags = {}, terminal = true, env = {} } = options;
  let columns = options.columns ?? 80;
  let nowMs = 0;
  const timers = new Set<() => void>();
  const writes: string[] = [];
  const stderr = { write: (text: string) => void writes.push(text), isTerminal: terminal, columns: () => columns };
  const steps = new Steps(
    { env, stderr, now: () => new Date(Date.UTC(2026, 0, 1) + nowMs) },
    {
      ...flags,
      paint: palette({ env, stdout: stderr, stderr }, flags),
      clock: {
        nowMs: () => nowMs,
        every(_, call) {
          timers.add(call);
          return () => void timers.delete(call);
        },
      },
    },
  );
  return {
    steps,
    timers,
    /** Time goes by; what is due every 100 ms happens. */
    pass(ms: number) {
      for (const end = nowMs + ms; nowMs < end;) {
        nowMs = Math.min(end, nowMs + 100);
        for (const call of [...timers]) call();
      }
    },
    resize: (to: number) => void (columns = to),
    written: () => writes.join(""),
    screen: (width = columns) => new Screen(width || 80).write(writes.join("")),
    /** Lines of JSON. */
    events: () => writes.join("").trim().split("\n").map((line) => JSON.parse(line)),
  };
}
