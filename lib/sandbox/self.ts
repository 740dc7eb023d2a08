import { EpackError } from "../errors.ts";
import type { Grants } from "./grants.ts";

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

/**
 * Arguments that start this program as a confined child. From source the child gets only the flags that its grants need; a
 * compiled program has its flags baked in, and the child gives up what it does not need.
 */
function childArgs(grants: Grants): string[] {
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

/**
 * Starts this program again as a confined child, in a group of its own and with nothing of this process's environment.
 *
 * @param options.denoDir from source, where this Deno keeps its modules
 * @throws EpackError `adapter_refused`
 */
export function startChild(options: { name: string; grants: Grants; denoDir?: string }): Deno.ChildProcess {
  const { name, grants, denoDir } = options;
  try {
    return new Deno.Command(Deno.execPath(), {
      args: childArgs(grants),
      clearEnv: true,
      env: { NO_COLOR: "1", ...(denoDir === undefined ? {} : { DENO_DIR: denoDir }) },
      cwd: "/",
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new EpackError(
      "adapter_refused",
      `the child process for adapter "${name}" cannot be started: ${error instanceof Error ? error.message : error}`,
      { hint: "are there open files, processes and memory to be had here?", cause: error },
    );
  }
}
