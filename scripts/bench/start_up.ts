import { join } from "node:path";
import { type Measure, measure } from "./measure.ts";

/** How fast short commands answer, beside an empty program of the same kind: compiled, or from source. */
export interface StartUp {
  /** An empty program. */
  empty: Measure;
  version: Measure;
  inspect: Measure;
  push: Measure;
}

/** @param options.epack the program and its first arguments */
export async function measureStartUp(options: { epack: readonly string[]; rounds: number }): Promise<StartUp> {
  const { epack, rounds } = options;
  const folder = await Deno.makeTempDir({ prefix: "epack-bench-" });
  try {
    const once = (command: readonly string[]) => measure(command, { cwd: folder, rounds: 1 });
    const often = (command: readonly string[]) => measure(command, { cwd: folder, rounds });
    await Deno.writeTextFile(join(folder, "evidence.txt"), "evidence");
    await once([...epack, "init", "--stream", "bench/start"]);
    await once([...epack, "build", "a.epack", "evidence.txt"]);
    return {
      empty: await often(await emptyProgram(folder)),
      version: await often([...epack, "version"]),
      inspect: await often([...epack, "inspect", "a.epack"]),
      push: await often([...epack, "push", "local", "a.epack"]),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Nothing at all, by the same means: compiled when `EPACK_BIN` is measured and `DENO` can compile, else from source. */
async function emptyProgram(folder: string): Promise<string[]> {
  const source = join(folder, "empty.js");
  await Deno.writeTextFile(source, "");
  const compiler = Deno.env.get("DENO");
  if (!Deno.env.get("EPACK_BIN") || !compiler) return [Deno.execPath(), "run", "--quiet", "--no-config", source];
  const binary = join(folder, "empty");
  const { success, stderr } = await new Deno.Command(compiler, {
    args: ["compile", "--quiet", "--no-config", "--no-code-cache", "--output", binary, source],
    cwd: folder,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return [binary];
}
