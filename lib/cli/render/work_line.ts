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
 * One line for each work under way: what it is about where there are others, its step, a bar, bytes, rate and time left, as far as
 * they fit.
 *
 * @param options.width columns that a line may take
 */
export function workLines(works: readonly Work[], options: { width: number; paint: Palette }): string[] {
  const widest = Math.max(0, ...works.map(({ label = "" }) => textWidth(label)));
  const labelWidth = Math.max(1, Math.min(widest, Math.floor(options.width / 2)));
  return works.map((work) => workLine(work, { ...options, labelWidth }));
}

function workLine(work: Work, options: { width: number; paint: Palette; labelWidth: number }): string {
  const { width } = options;
  const { waiting, moved } = work;
  const name = nameOf(work, options);
  if (waiting !== undefined) {
    const text = `${name}: again in ${showDuration(waiting.leftMs, { whole: true })}: ${showText(waiting.what)}`;
    return options.paint.yellow(cutText(text, width));
  }
  if (moved === undefined) {
    const { endsInMs } = work;
    const left = endsInMs === undefined ? " …" : `, ${showDuration(endsInMs, { whole: true })} left`;
    return cutText(`${name}${left}`, width);
  }
  const roomBeside = (text: string) => width - textWidth(name) - 1 - textWidth(text);
  const texts = amounts(moved);
  // bytes beside a bar, else bytes, else what fits
  const text = texts.bytes.find((some) => roomBeside(some) > NARROWEST_BAR) ??
    [...texts.bytes, ...texts.percent].find((some) => roomBeside(some) >= 0) ?? "";
  const room = roomBeside(text) - 1;
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
  return amounts(moved).bytes[0];
}

/** What can be said of moved bytes, the longest first. */
function amounts({ doneBytes, totalBytes, bytesPerSecond, leftMs }: Moved): { bytes: string[]; percent: string[] } {
  const rate = bytesPerSecond === undefined ? "" : `, ${showRate(bytesPerSecond)}`;
  const [done, total] = [showSize(doneBytes), showSize(totalBytes ?? 0)];
  if (totalBytes === undefined) return { bytes: [`${done}${rate}`, done], percent: [] };
  const left = leftMs === undefined ? "" : `, ${showDuration(leftMs, { whole: true })} left`;
  const [amount, unit] = done.split(" ");
  const short = `${total.endsWith(` ${unit}`) ? amount : done}/${total}`;
  const percent = `${Math.floor(100 * Math.min(1, doneBytes / totalBytes))}%`;
  return {
    bytes: [`${done} of ${total}${rate}${left}`, `${short}${rate}${left}`, `${short}${left}`],
    percent: [`${percent}${left}`, percent],
  };
}

/** The step, behind what the work is about when there are others. */
function nameOf({ label, step = "" }: Work, { labelWidth }: { labelWidth: number }): string {
  if (label === undefined) return showText(step);
  const about = cutText(label, labelWidth);
  return `${about}${" ".repeat(labelWidth - textWidth(about))} ${showText(step)}`;
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
