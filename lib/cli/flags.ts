/** Flags that every command has; each command spreads them in. */
const flag = (brief: string) => ({ kind: "boolean", brief, optional: true, withNegated: false }) as const;

/** How events are written to stderr. */
export type LogFormat = "text" | "json";

export interface CommonFlags {
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
  noColor?: boolean;
  logFormat?: LogFormat;
}

export const commonFlags = {
  json: flag("Print one JSON document on stdout, errors too"),
  quiet: flag("Print results and errors only"),
  verbose: flag("Say more: paths, digests, what adapters write"),
  noColor: flag("No colours"),
  logFormat: {
    kind: "enum",
    values: ["text", "json"],
    brief: "What stderr gets: text for people (default), or each event as a line of JSON",
    optional: true,
    placeholder: "format",
  },
} as const;

export const commonAliases = { q: "quiet", v: "verbose" } as const;

/** A flag that takes a text. */
export const textFlag = (brief: string, placeholder: string) =>
  ({ kind: "parsed", parse: String, brief, optional: true, placeholder }) as const;

/** A flag that may be given several times. */
export const listFlag = (brief: string, placeholder: string) =>
  ({ kind: "parsed", parse: String, brief, optional: true, variadic: true, placeholder }) as const;

/** A switch. */
export const switchFlag = flag;

/** The configuration file, for commands that read it. */
export const configFlag = {
  config: textFlag("Configuration file (default: epack.yaml here or in a folder above)", "file"),
} as const;
