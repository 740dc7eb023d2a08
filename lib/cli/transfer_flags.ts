import { parseDuration } from "./remote_flags.ts";

/** Flags of the commands that move bytes. */
export interface TransferFlags {
  retries?: number;
  stallTimeout?: number;
}

/** A number of tries, small enough to be meant. */
function parseRetries(text: string): number {
  if (!/^\d{1,3}$/.test(text)) {
    throw new SyntaxError(`Cannot read ${JSON.stringify(text)} as a number of retries: write 0 to 999`);
  }
  return Number(text);
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
} as const;

/** The flags as the workflows take them. */
export function transferSettings(flags: TransferFlags) {
  return { retries: flags.retries, idleMs: flags.stallTimeout };
}
