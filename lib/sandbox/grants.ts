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

/** Computing, and nothing else. */
export const NO_GRANTS: Grants = { net: [], read: [], write: [], sys: [] };

/** Grants in one line for people. */
function describeGrants(grants: Grants): string {
  const shown = (["read", "write", "net", "sys"] as const).filter((name) => grants[name].length > 0)
    .map((name) => `${name} ${grants[name].map((value) => (value === "*" ? "everything" : value)).join(", ")}`);
  return shown.length === 0 ? "no files, no network" : `${shown.join("; ")}; nothing else`;
}

/** How an adapter runs, in one line for people: a module or a built-in one, an executable with grants, an executable as it is. */
export function describeConfinement(how: "confined" | "namespaces" | "native", grants = NO_GRANTS): string {
  if (how === "confined") return `confined: ${describeGrants(grants)}`;
  return how === "namespaces"
    ? `native program in namespaces: ${describeGrants(grants)}; system read-only, private /tmp and processes`
    : "native program: clean environment, own process group, bounded output and time; files and network of this user";
}
