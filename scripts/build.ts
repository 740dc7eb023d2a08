/**
 * Builds what is released, into `dist/`: a binary for each platform, the filesystem adapter as a single-file module, a lockfile
 * of it, an SBOM and SHA256SUMS. The same source gives the same bytes, wherever, whenever and by whomever it is built.
 *
 *   deno task build                                what can be built with the runtimes at hand
 *   deno task build --target linux/amd64           this one, or an error
 *   deno task build --adapters                     the adapter as an executable for each platform too
 *   deno task build --check SHA256SUMS             and compare with recorded checksums
 *
 * `DENO` names another Deno to compile with, `DENORT_BIN` its runtime when it cannot be downloaded.
 */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundle } from "./build/bundle.ts";
import { checksums, compareChecksums, sha256Of } from "./build/checksums.ts";
import { compile, findToolchain, type Toolchain } from "./build/compile.ts";
import { lockFileOf } from "./build/lock_file.ts";
import { run } from "./build/run.ts";
import { sbom } from "./build/sbom.ts";
import { fileNameOf, parseTarget, platformOf, type Target, TARGETS } from "./build/target.ts";
import { VERSION } from "../lib/version.ts";
import { ROOT } from "./root.ts";

const WORKER = "lib/sandbox/confined/worker.ts";
const STANDALONE = "lib/adapters/standalone/filesystem.ts";
const MODULE = "lib/adapters/filesystem.ts";
const MODULE_NAME = "epack-remote-filesystem.js";

const { values: flags } = parseArgs({
  args: Deno.args,
  options: {
    out: { type: "string", default: join(ROOT, "dist") },
    target: { type: "string", multiple: true },
    adapters: { type: "boolean", default: false },
    check: { type: "string" },
  },
});

const out = resolve(flags.out);
const work = await Deno.makeTempDir({ prefix: "epack-build-" });
try {
  Deno.exitCode = await build();
} catch (error) {
  console.error(`build: ${error instanceof Error ? error.message : error}`);
  Deno.exitCode = 1;
} finally {
  await Deno.remove(work, { recursive: true });
}

async function build(): Promise<number> {
  const targets = flags.target?.map(parseTarget) ?? TARGETS;
  const recorded = flags.check === undefined ? undefined : await Deno.readTextFile(flags.check);
  const toolchain = await findToolchain(Deno.env);
  await Deno.mkdir(out, { recursive: true });
  const built: string[] = [];
  const put = async (name: string, text: string) => {
    await Deno.writeTextFile(join(out, name), text);
    built.push(name);
  };

  const module = { name: MODULE_NAME, sha256: await buildModule() };
  built.push(MODULE_NAME);
  const { commit, committedAt } = await sourceFacts();
  const facts = JSON.stringify({ commit, adapters: { filesystem: `sha256:${module.sha256}` } });
  const program = join(work, "program");
  await bundle({
    root: ROOT,
    entries: ["main.ts", WORKER],
    outdir: program,
    replace: { '"@epack-build-facts@"': JSON.stringify(facts) },
  });
  const made = await compileAll(targets, { toolchain, program });
  built.push(...made.files);

  await put(
    "epack.lock.yaml",
    await lockFileOf({ module, executables: made.executables, lockedAt: committedAt }),
  );
  await put(
    "epack.cdx.json",
    await sbom({
      root: ROOT,
      entries: ["main.ts", WORKER],
      name: "epack",
      version: VERSION,
      denoVersion: toolchain.denoVersion,
    }),
  );
  const sums = await checksums(out, built);
  await Deno.writeTextFile(join(out, "SHA256SUMS"), sums);
  console.log(sums.trimEnd());
  if (recorded !== undefined && !report(recorded, sums)) return 1;
  if (made.failed === targets.length) throw new Error("no binary was built");
  // all platforms are a wish; the ones that were named are an order
  return flags.target !== undefined && made.failed > 0 ? 1 : 0;
}

/** The adapter as one file, which the confined runner loads; returns its digest. */
async function buildModule(): Promise<string> {
  const folder = join(work, "module");
  await bundle({ root: ROOT, entries: [MODULE], outdir: folder });
  await Deno.copyFile(join(folder, "filesystem.js"), join(out, MODULE_NAME));
  return await sha256Of(join(out, MODULE_NAME));
}

async function compileAll(targets: readonly Target[], options: { toolchain: Toolchain; program: string }) {
  const { toolchain, program } = options;
  const files: string[] = [];
  const executables: Record<string, { name: string; sha256: string }> = {};
  let failed = 0;
  const adapter = join(work, "adapter");
  if (flags.adapters) await bundle({ root: ROOT, entries: [STANDALONE], outdir: adapter });
  for (const target of targets) {
    try {
      const name = fileNameOf("epack", target);
      await compile(target, {
        toolchain,
        bundle: program,
        main: "main.js",
        include: [WORKER.replace(/\.ts$/, ".js")],
        output: join(out, name),
        confined: true,
      });
      files.push(name);
      if (!flags.adapters) continue;
      const adapterName = fileNameOf("epack-remote-filesystem", target);
      await compile(target, {
        toolchain,
        bundle: adapter,
        main: "filesystem.js",
        output: join(out, adapterName),
        confined: false,
      });
      files.push(adapterName);
      executables[platformOf(target)] = { name: adapterName, sha256: await sha256Of(join(out, adapterName)) };
    } catch (error) {
      failed++;
      console.error(`${platformOf(target)}: not built: ${error instanceof Error ? error.message : error}`);
    }
  }
  return { files, executables, failed };
}

/** The commit, and its time in place of the clock's. Outside a repository both are fixed. */
async function sourceFacts(): Promise<{ commit: string; committedAt: string }> {
  try {
    const { stdout } = await run("git", ["log", "-1", "--format=%H %ct"], { cwd: ROOT });
    const [commit, seconds] = stdout.trim().split(" ");
    return { commit, committedAt: new Date(Number(seconds) * 1000).toISOString().replace(".000Z", "Z") };
  } catch {
    return { commit: "unknown", committedAt: "1980-01-01T00:00:00Z" };
  }
}

function report(recorded: string, built: string): boolean {
  const { same, different, missing, extra } = compareChecksums(recorded, built);
  console.log(`\nsame as recorded: ${same.join(", ") || "nothing"}`);
  for (const name of different) console.error(`${name}: DIFFERS from what was recorded`);
  for (const name of missing) console.log(`${name}: recorded, not built here`);
  for (const name of extra) console.log(`${name}: built here, not recorded`);
  return different.length === 0 && same.length > 0;
}
