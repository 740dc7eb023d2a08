/**
 * Where the pieces of this program are that a child of it needs: from source (`.ts` beside this file), bundled, and compiled.
 * A bundle's chunks lie at its root, so the place is told by the extension; `Deno.mainModule` would be wrong under tests.
 */
const fromSource = import.meta.url.endsWith(".ts");

/** The Worker's entry point inside the child. */
export const workerUrl: URL = fromSource
  ? new URL("./confined/worker.ts", import.meta.url)
  : new URL("./lib/sandbox/confined/worker.js", import.meta.url);

/** The first argument that makes this program a confined child. */
export const CONFINED = "__confined";

export interface ChildGrants {
  net: readonly string[];
  read: readonly string[];
  write: readonly string[];
  sys: readonly string[];
}

/**
 * Arguments that start this program as a confined child. From source the child gets only the flags that its grants need; a
 * compiled program has its flags baked in, and the child gives up what it does not need.
 */
export function childArgs(grants: ChildGrants): string[] {
  if (Deno.build.standalone) return [CONFINED];
  const main = new URL(fromSource ? "../../main.ts" : "./main.js", import.meta.url);
  // a Worker's own modules are read with the rights of its process; the child gives them up once the Worker is there
  const allow = (["net", "write", "sys"] as const).filter((name) => grants[name].length > 0)
    .map((name) => `--allow-${name}=${grants[name].map((value) => value.replaceAll(",", ",,")).join(",")}`);
  return [
    "run",
    "--quiet",
    "--no-prompt",
    "--no-config",
    "--no-lock",
    "--no-remote",
    "--no-npm",
    "--unstable-worker-options",
    "--v8-flags=--disallow-code-generation-from-strings,--max-old-space-size=256,--max-semi-space-size=4",
    "--allow-read",
    ...allow,
    main.href,
    CONFINED,
  ];
}
