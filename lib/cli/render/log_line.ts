import { showJsonLine } from "../../codec/mod.ts";

export type LogLevel = "debug" | "info" | "warning" | "error";
export type LogEvent =
  | "step"
  | "progress"
  | "waiting"
  | "step_done"
  | "warn"
  | "adapter_log"
  | "info"
  | "error"
  | "done";

/** One event as a line of JSON (`--log-format json`); docs/json-output.md lists the fields. Fields without a value are left out. */
export function logLine(
  event: LogEvent,
  fields: Readonly<Record<string, unknown>>,
  options: { level: LogLevel; at: Date },
): string {
  return `${showJsonLine({ time: options.at.toISOString(), level: options.level, event, ...fields })}\n`;
}
