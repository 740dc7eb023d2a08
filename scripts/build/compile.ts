import { join } from "node:path";
import { permissionFlags, PROGRAM, RUNTIME_FLAGS, V8_FLAGS } from "../permissions.ts";
import { writeFixed } from "./bundle.ts";
import { importMap } from "./import_map.ts";
import { run } from "./run.ts";
import { platformOf, platformOfExecutable, type Target } from "./target.ts";

const IMPORT_MAP = "import_map.json";

/** Which Deno compiles, and the runtime at hand for it: `DENO` and `DENORT_BIN` of the environment. */
export interface Toolchain {
  deno: string;
  denoVersion: string;
  /** A runtime of the same version, in place of the one that Deno would download. */
  denort?: { path: string; platform: string };
}

/** @throws Error when DENORT_BIN is no executable */
export async function findToolchain(env: { get(name: string): string | undefined }): Promise<Toolchain> {
  const deno = env.get("DENO") || Deno.execPath();
  const { stdout } = await run(deno, ["eval", "console.log(Deno.version.deno)"], { cwd: "." });
  const path = env.get("DENORT_BIN");
  if (!path) return { deno, denoVersion: stdout.trim() };
  using file = await Deno.open(path, { read: true });
  const head = new Uint8Array(4096);
  await file.read(head);
  const platform = platformOfExecutable(head);
  if (platform === undefined) throw new Error(`DENORT_BIN ${path} is no executable of a known kind`);
  return { deno, denoVersion: stdout.trim(), denort: { path, platform } };
}

export interface CompileOptions {
  toolchain: Toolchain;
  /** A folder made by `bundle`. */
  bundle: string;
  /** The bundle's entry, and entries that are loaded by address at run time. */
  main: string;
  include?: readonly string[];
  output: string;
  /** The whole program has the import map and its permissions; a stand-alone adapter is confined by its host. */
  confined: boolean;
}

/** @throws Error with one line that says what is missing */
export async function compile(target: Target, options: CompileOptions): Promise<void> {
  const { toolchain: { deno, denoVersion, denort }, bundle, confined } = options;
  try {
    // beside the modules: the place of the map is part of the binary
    if (confined) await writeFixed(join(bundle, IMPORT_MAP), JSON.stringify(importMap()));
    const v8 = [...V8_FLAGS, "--disallow-code-generation-from-strings", "--max-old-space-size=512"];
    await run(deno, [
      "compile",
      "--quiet",
      "--no-config",
      "--no-lock",
      "--no-check",
      "--no-remote",
      // the runtime would run cached code from a file of a predictable name, whoever wrote it
      "--no-code-cache",
      `--target=${target.triple}`,
      ...RUNTIME_FLAGS,
      ...permissionFlags(PROGRAM),
      `--v8-flags=${v8.join(",")}`,
      ...(confined ? [`--import-map=${IMPORT_MAP}`] : []),
      ...(options.include ?? []).map((file) => `--include=${file}`),
      `--output=${options.output}`,
      options.main,
    ], {
      cwd: bundle,
      // Deno would take the named runtime for every target
      unset: denort?.platform === platformOf(target) ? [] : ["DENORT_BIN"],
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      /denort|download|sending request|dns|connect/i.test(reason)
        ? `its runtime, denort ${denoVersion} for ${target.triple}, is not at hand and cannot be downloaded`
        : reason,
    );
  }
}
