/** Flags that every command has; each command spreads them in. */
const flag = (brief: string) => ({ kind: "boolean", brief, optional: true, withNegated: false }) as const;

export interface CommonFlags {
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
  noColor?: boolean;
}

export const commonFlags = {
  json: flag("Print one JSON document on stdout, errors too"),
  quiet: flag("Print results and errors only"),
  verbose: flag("Say more: paths, digests, what adapters write"),
  noColor: flag("No colours"),
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
