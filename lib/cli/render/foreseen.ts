import type { ForeseenAdapter } from "../../adapter/mod.ts";
import { showText } from "../../codec/mod.ts";
import type { Palette } from "./palette.ts";

/** The adapter of a dry run as JSON. */
export function foreseenJson({ name, kind, path, digest, assurance, confinement }: ForeseenAdapter) {
  return { name, kind, path, digest, assurance, confinement };
}

const VOUCHED: Readonly<Record<ForeseenAdapter["assurance"], string>> = {
  built_in: "part of this program",
  pinned: "its bytes are those that the lockfile pins",
  unpinned: "nothing vouches for it",
};

/** The same for people. */
export function foreseenLines(adapter: ForeseenAdapter, paint: Palette): string[] {
  const vouched = VOUCHED[adapter.assurance];
  return [
    ...planField("Adapter", `${adapter.name} (${adapter.kind.replace("_", " ")})`),
    ...planField("Binary", adapter.path),
    ...(adapter.kind === "built_in" ? [] : planField("Its digest", adapter.digest)),
    ...planField("Vouched for", vouched, adapter.assurance === "unpinned" ? paint.yellow : undefined),
    ...planField("Runs as", adapter.confinement),
  ];
}

/** A line of a plan, none without a text; the text is cleaned. */
export function planField(name: string, text: string | undefined, paint = (safe: string) => safe): string[] {
  return text === undefined || text === "" ? [] : [`  ${`${name}:`.padEnd(12)} ${paint(showText(text))}`];
}
