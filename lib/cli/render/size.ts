import { showSize } from "../../codec/mod.ts";

export { showSize };

/** A rate for people: `41.2 MiB/s`. */
export const showRate = (bytesPerSecond: number): string => `${showSize(Math.round(bytesPerSecond))}/s`;
