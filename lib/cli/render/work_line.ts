import { showText } from "../../codec/mod.ts";
import { showDuration } from "./duration.ts";
import type { Palette } from "./palette.ts";
import { showRate, showSize } from "./size.ts";
import { cutText, textWidth } from "./text_width.ts";
import type { EndedStep, Work } from "./work.ts";

/** A step that took less is not worth its time on the screen. */
export const LONG_STEP_MS = 1_000;
const WIDEST_BAR = 30;
const NARROWEST_BAR = 8;

/**
 * One line for what a work is doing: its step, a bar, bytes, rate and time left, as far as they fit.
 *
 * @param options.width columns that it may take
 */
export function workLine(work: Work, options: { width: number; paint: Palette }): string {
  const { width } = options;
  const { waiting, moved } = work;
  const name = nameOf(work, { width });
  if (waiting !== undefined) {
    const text = `${name}: again in ${showDuration(waiting.leftMs, { whole: true })}: ${showText(waiting.what)}`;
    return options.paint.yellow(cutText(text, width));
  }
  if (moved === undefined) {
    const { endsInMs } = work;
    const left = endsInMs === undefined ? " …" : `, ${showDuration(endsInMs, { whole: true })} left`;
    return cutText(`${name}${left}`, width);
  }
  const text = amounts(moved).find((some) => textWidth(name) + 1 + textWidth(some) <= width) ?? "";
  const room = width - textWidth(name) - textWidth(text) - 2;
  return `${cutText(name, width - (text === "" ? 0 : textWidth(text) + 1))}${barOf(moved, { ...options, room })}${
    text === "" ? "" : ` ${text}`
  }`;
}

/** What stays of a step on the screen; what took long says how long. */
export function endedLine(ended: EndedStep, options: { width: number; paint: Palette; ok: boolean }): string {
  const { paint, ok, width } = options;
  const name = width < 3 ? "" : ` ${cutText(ended.step, width - 2)}`;
  const took = tookText(ended);
  const fits = took !== "" && textWidth(name) + 2 + textWidth(took) <= width;
  return `${ok ? paint.green("✓") : paint.red("✗")}${name}${fits ? ` ${paint.dim(took)}` : ""}`;
}

/** `3.2 s, 410.0 MiB/s`; empty for what was quick. */
export function tookText({ elapsedMs, bytesPerSecond }: Pick<EndedStep, "elapsedMs" | "bytesPerSecond">): string {
  if (elapsedMs < LONG_STEP_MS) return "";
  return `${showDuration(elapsedMs)}${bytesPerSecond === undefined ? "" : `, ${showRate(bytesPerSecond)}`}`;
}

type Moved = NonNullable<Work["moved"]>;

/** `120.0 MiB of 410.0 MiB, 41.2 MiB/s, 7 s left`. */
export function movedText(moved: Moved): string {
  return amounts(moved)[0];
}

/** What can be said of moved bytes, the longest first. */
function amounts({ doneBytes, totalBytes, bytesPerSecond, leftMs }: Moved): string[] {
  const rate = bytesPerSecond === undefined ? "" : `, ${showRate(bytesPerSecond)}`;
  if (totalBytes === undefined) return [`${showSize(doneBytes)}${rate}`, showSize(doneBytes)];
  const amount = `${showSize(doneBytes)} of ${showSize(totalBytes)}`;
  const percent = `${Math.floor(100 * Math.min(1, doneBytes / totalBytes))}%`;
  const left = leftMs === undefined ? "" : `, ${showDuration(leftMs, { whole: true })} left`;
  return [`${amount}${rate}${left}`, `${amount}${left}`, `${percent}${left}`, percent];
}

/** The step, behind what the work is about when there are others; that has half of the width at most. */
function nameOf(work: Work, { width }: { width: number }): string {
  const { label, step = "" } = work;
  if (label === undefined) return showText(step);
  return `${cutText(label, Math.max(1, Math.floor(width / 2)))} ${showText(step)}`;
}

function barOf(
  { doneBytes, totalBytes }: Moved,
  { room, paint }: { room: number; paint: Palette },
): string {
  if (totalBytes === undefined || room < NARROWEST_BAR) return "";
  const width = Math.min(WIDEST_BAR, room);
  const filled = Math.round(width * Math.min(1, doneBytes / totalBytes));
  // other signs, not other colours alone: some see none
  return ` ${paint.green("━".repeat(filled))}${paint.dim("─".repeat(width - filled))}`;
}
