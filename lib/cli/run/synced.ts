import { showText } from "../../codec/mod.ts";
import type { SyncOutcome } from "../../supply/mod.ts";
import type { CommandRun } from "../command_run.ts";

/** What was installed, and what was there, as JSON. */
export function syncedJson({ installed, present }: SyncOutcome) {
  return { installed, present };
}

/** The same for people. */
export function syncedLines(run: CommandRun, { installed, present }: SyncOutcome): string[] {
  if (installed.length + present.length === 0) return ["No remote has a source to install from."];
  return [
    ...installed.map(({ name, version, path, verified }) =>
      `${run.paint.green("Installed")} ${name} ${showText(version)}  ${path}${verified ? "" : "  (not verified)"}`
    ),
    ...present.map(({ name, version }) => `Present ${name} ${showText(version)}`),
  ];
}
