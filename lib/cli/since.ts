import type { Context } from "./context.ts";

const UNITS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/** A date (`2026-01-31`, in UTC), a time of RFC 3339, or how long ago: `90m`, `36h`, `7d`, `2w`. */
export function parseSince(this: Context, text: string): Date {
  const ago = text.match(/^(\d{1,6})([smhdw])$/);
  if (ago !== null) return new Date(this.now().getTime() - Number(ago[1]) * UNITS[ago[2]]);
  const time = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/.test(text)
    ? new Date(text)
    : new Date(NaN);
  if (Number.isNaN(time.getTime())) {
    throw new SyntaxError(`Cannot read ${JSON.stringify(text)} as a time: write 2026-01-31, or 7d for seven days ago`);
  }
  return time;
}

/** A whole number from 1. */
export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    throw new SyntaxError(`Cannot read ${JSON.stringify(text)} as a number of things: write 1 or more`);
  }
  return Number(text);
}
