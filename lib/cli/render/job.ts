import { showText } from "../../codec/mod.ts";
import type { JobRecord, JobStatus } from "../../job/mod.ts";
import type { Palette } from "./palette.ts";

/** How a job is, as one character. */
export function jobMark(status: JobStatus, paint: Palette): string {
  switch (status) {
    case "running":
      return paint.yellow("◉");
    case "completed":
      return paint.green("✓");
    case "failed":
    case "lost":
      return paint.red("✗");
    case "cancelled":
      return "○";
  }
}

/** The command line of a job. */
export function jobCommand({ command, args }: JobRecord): string {
  return showText(["epack", command, ...args].join(" "), { maxChars: 200 });
}
