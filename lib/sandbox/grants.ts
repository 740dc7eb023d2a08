/** What a confined adapter may do beside computing. Lists only: nothing is granted without being named. */
export interface Grants {
  /** `host` or `host:port`; for a native adapter `*` or nothing. */
  net: readonly string[];
  /** Absolute folders and files. */
  read: readonly string[];
  write: readonly string[];
  /** Facts about the machine, by Deno's names. */
  sys: readonly string[];
}

/** Grants in one line for people. */
export function describeGrants(grants: Grants): string {
  const shown = (["read", "write", "net", "sys"] as const).filter((name) => grants[name].length > 0)
    .map((name) => `${name} ${grants[name].map((value) => (value === "*" ? "everything" : value)).join(", ")}`);
  return shown.length === 0 ? "no files, no network" : `${shown.join("; ")}; nothing else`;
}
