import { join } from "node:path";
import { epackCommand } from "../scripts/epack_command.ts";

const { DENO_DIR, HOME, XDG_CACHE_HOME } = Deno.env.toObject();

/** Where Deno finds its packages, also when a test gives the program another cache. */
export const DENO_CACHE = {
  DENO_DIR: DENO_DIR || join(XDG_CACHE_HOME || join(HOME ?? "/", ".cache"), "deno"),
};

export interface EpackRun {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs the program as a user would: from source with the permissions of the `epack` task, or the binary that EPACK_BIN names.
 * A wrapper, such as setpriv, is put in front.
 */
export async function epack(
  args: string[],
  options: { cwd: string; env?: Record<string, string>; wrapper?: string[] },
): Promise<EpackRun> {
  const [program, ...first] = epackCommand();
  const [command, ...words] = [...(options.wrapper ?? []), program, ...first, ...args];
  const output = await new Deno.Command(command, {
    args: words,
    cwd: options.cwd,
    env: { NO_COLOR: "1", ...DENO_CACHE, ...options.env },
  }).output();
  const decoder = new TextDecoder();
  return { code: output.code, stdout: decoder.decode(output.stdout), stderr: decoder.decode(output.stderr) };
}

/** Starts the program, for tests that interrupt it. */
export function startEpack(args: string[], options: { cwd: string; env?: Record<string, string> }): Deno.ChildProcess {
  const [program, ...first] = epackCommand();
  return new Deno.Command(program, {
    args: [...first, ...args],
    cwd: options.cwd,
    env: { NO_COLOR: "1", ...DENO_CACHE, ...options.env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** A temporary folder, removed at the end of the block. */
export function temporaryFolder(): { path: string } & AsyncDisposable {
  const path = Deno.makeTempDirSync({ prefix: "epack-test-" });
  return {
    path,
    async [Symbol.asyncDispose]() {
      await Deno.remove(path, { recursive: true });
    },
  };
}
