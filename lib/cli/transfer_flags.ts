import { parseDuration } from "./remote_flags.ts";

/** Flags of the commands that move bytes. */
export interface TransferFlags {
  retries?: number;
  stallTimeout?: number;
  limitRate?: number;
}

/** A number of tries, small enough to be meant. */
function parseRetries(text: string): number {
  if (!/^\d{1,3}$/.test(text)) {
    throw new SyntaxError(`Cannot read ${JSON.stringify(text)} as a number of retries: write 0 to 999`);
  }
  return Number(text);
}

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** `500k`, `2M`, `1.5m` or `800000` as bytes a second; a unit is 1024 of the one before, as curl and rclone have it. */
export function parseRate(text: string): number {
  const [, number, unit] = text.match(/^(\d{1,12}(?:\.\d{1,3})?)([kmg]?)(?:i?b(?:\/s)?)?$/i) ?? [];
  const rate = Math.floor(Number(number) * UNITS[unit?.toLowerCase()]);
  if (!(rate >= 1)) {
    throw new SyntaxError(`Cannot read ${JSON.stringify(text)} as a rate: write 500k or 2M (bytes a second)`);
  }
  return rate;
}

export const transferFlags = {
  retries: {
    kind: "parsed",
    parse: parseRetries,
    brief: "How often a failure that may pass is tried again without progress (default 5; 0: never)",
    optional: true,
    placeholder: "number",
  },
  stallTimeout: {
    kind: "parsed",
    parse: parseDuration,
    brief: "Give up a connection on which no byte moves for this long, such as 90s (default 30s)",
    optional: true,
    placeholder: "time",
  },
  limitRate: {
    kind: "parsed",
    parse: parseRate,
    brief: "Move no more bytes a second than this, such as 500k or 2M",
    optional: true,
    placeholder: "rate",
  },
} as const;

interface Settings {
  retries?: number;
  idleMs?: number;
  bytesPerSecond?: number;
}

const known = new WeakMap<TransferFlags, Settings>();

/** The flags as the workflows take them: one object for all that a command moves, since those who have it share its rate. */
export function transferSettings(flags: TransferFlags): Settings {
  const { retries, stallTimeout: idleMs, limitRate } = flags;
  const settings = known.get(flags) ?? { retries, idleMs, bytesPerSecond: limitRate };
  known.set(flags, settings);
  return settings;
}
