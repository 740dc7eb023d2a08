import project from "../deno.json" with { type: "json" };

/** The version of this program (`version` of deno.json). */
export const VERSION: string = project.version;

/** What the build knows and the source does not. */
export interface BuildFacts {
  /** 40 hex digits; "unknown" when it was built outside a git repository. */
  commit: string;
  /** SHA-256 of the single-file module of each built-in adapter, made by the same build from the same source. */
  adapters: Readonly<Record<string, string>>;
}

/** The build writes JSON in place of this text. */
const WRITTEN_BY_THE_BUILD = "@epack-build-facts@";

/** Undefined from source. */
export const BUILD_FACTS: BuildFacts | undefined = WRITTEN_BY_THE_BUILD.startsWith("{")
  ? JSON.parse(WRITTEN_BY_THE_BUILD)
  : undefined;
