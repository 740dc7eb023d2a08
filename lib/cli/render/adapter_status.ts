import type { AdapterStatus } from "../../adapter/mod.ts";
import { showText } from "../../codec/mod.ts";
import type { Palette } from "./palette.ts";

const MEANINGS: Readonly<Record<AdapterStatus, [style: "green" | "yellow" | "red", words: string]>> = {
  built_in: ["green", "built in: part of this program"],
  verified: ["green", "verified: its bytes are those that the lockfile pins"],
  unverified: ["yellow", "unverified: nothing vouches for it"],
  managed: ["red", "managed: in the lockfile, not installed"],
  not_found: ["red", "not found: configured, found nowhere"],
};

/** What vouches for an adapter, in words. */
export function showStatus(status: AdapterStatus, paint: Palette): string {
  const [style, words] = MEANINGS[status];
  return paint[style](words);
}

/** A line of a listing, none when there is nothing to say; what was not made here is cleaned. */
export function labelled(label: string, text: string | undefined, style = (safe: string) => safe): string[] {
  return text === undefined ? [] : [line(label, style(showText(text)))];
}

/** The same for text that is clean, and may be painted. */
export const line = (label: string, text: string): string => `  ${`${label}:`.padEnd(12)} ${text}`;
