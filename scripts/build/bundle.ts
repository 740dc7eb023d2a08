/**
 * Bundles entry points into a folder whose content depends on the source alone: names and times are made the same everywhere,
 * and every module that the code may load is in it.
 */
import { dirname, join, relative } from "node:path";
import { run } from "./run.ts";

/** One second after the first time that a zip can say; any fixed time would do. */
const FIXED_TIME = new Date("1980-01-01T00:00:01Z");
/** The bundler puts a hash of names and paths behind each chunk's name. */
const HASHED = /-[A-Z0-9]{8}(?=\.js$)/;
const REFERENCE = /(["'])(\.{1,2}\/[^"'\n]+\.js)\1/g;

export interface BundleOptions {
  /** The folder of the project. */
  root: string;
  /** Relative to the root, as `main.ts`; each becomes a `.js` of the same place. */
  entries: readonly string[];
  outdir: string;
  /** Texts of the source that are replaced, each of which must occur exactly once. */
  replace?: Readonly<Record<string, string>>;
}

/** Writes the bundle; returns its files, relative to `outdir`. @throws Error when a module is missing or a text is not there once */
export async function bundle(options: BundleOptions): Promise<string[]> {
  const { root, entries, outdir } = options;
  const raw = await Deno.makeTempDir({ prefix: "epack-bundle-" });
  try {
    await run(Deno.execPath(), [
      "bundle",
      "--quiet",
      "--minify",
      "--platform=deno",
      "--code-splitting",
      `--outdir=${raw}`,
      ...entries,
    ], { cwd: root });
    // a lone entry lands at the top, whatever its folder was
    const starts = entries.map((entry) => entry.replace(/\.ts$/, ".js"));
    const texts = await renamed(raw, entries.length === 1 ? [baseName(starts[0])] : starts);
    replaceOnce(texts, options.replace ?? {});
    await write(outdir, texts);
    await proveComplete(outdir, [...texts.keys()]);
    return [...texts.keys()].sort();
  } finally {
    await Deno.remove(raw, { recursive: true });
  }
}

const baseName = (path: string) => path.split("/").at(-1) ?? path;

/** Follows the references from the entries, in their order in the text, and numbers chunks of one name as they come. */
async function renamed(folder: string, entries: readonly string[]): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  const texts = new Map<string, string>();
  const visit = async (file: string) => {
    if (names.has(file)) return;
    const [stem] = file.split(/\.js$/);
    const plain = stem.replace(/-[A-Z0-9]{8}$/, "");
    const taken = new Set(names.values());
    let name = `${plain}.js`;
    for (let number = 2; taken.has(name); number++) name = `${plain}-${number}.js`;
    names.set(file, HASHED.test(file) ? name : file);
    const text = await Deno.readTextFile(join(folder, file));
    texts.set(file, text);
    for (const [, , reference] of text.matchAll(REFERENCE)) {
      const target = join(dirname(file), reference);
      if (await exists(join(folder, target))) await visit(target);
    }
  };
  for (const entry of entries) await visit(entry);
  return new Map(
    [...texts].map(([file, text]) => {
      const name = names.get(file) ?? file;
      const rewritten = text.replace(REFERENCE, (all, quote: string, reference: string) => {
        const target = names.get(join(dirname(file), reference));
        if (target === undefined) return all;
        const path = relative(dirname(name), target);
        return `${quote}${path.startsWith(".") ? path : `./${path}`}${quote}`;
      });
      return [name, rewritten];
    }),
  );
}

function replaceOnce(texts: Map<string, string>, replacements: Readonly<Record<string, string>>): void {
  for (const [from, to] of Object.entries(replacements)) {
    const holders = [...texts].filter(([, text]) => text.includes(from));
    const count = holders.reduce((sum, [, text]) => sum + text.split(from).length - 1, 0);
    if (count !== 1) throw new Error(`${JSON.stringify(from)} stands ${count} times in the bundle, not once`);
    const [name, text] = holders[0];
    texts.set(name, text.replace(from, () => to));
  }
}

async function write(outdir: string, texts: ReadonlyMap<string, string>): Promise<void> {
  const folders = new Set([outdir]);
  for (const [name, text] of texts) {
    const path = join(outdir, name);
    await Deno.mkdir(dirname(path), { recursive: true });
    for (let folder = dirname(path); folder.startsWith(outdir); folder = dirname(folder)) folders.add(folder);
    await writeFixed(path, text);
  }
  for (const folder of folders) {
    await Deno.chmod(folder, 0o755);
    await Deno.utime(folder, FIXED_TIME, FIXED_TIME);
  }
}

/** Writes a file with a fixed mode and time, which a compiled program keeps. */
export async function writeFixed(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(path, text);
  await Deno.chmod(path, 0o644);
  await Deno.utime(path, FIXED_TIME, FIXED_TIME);
}

/**
 * A compiled program looks for a module that it lacks on the disk of whoever runs it, where anybody may have put one. So each one
 * that Deno's own parser finds must be a file of the bundle or a module of Node.
 */
export async function proveComplete(outdir: string, files: readonly string[]): Promise<void> {
  const known = new Set(files.map((file) => new URL(file, `file://${outdir}/`).href));
  for (const file of files) {
    const { stdout } = await run(Deno.execPath(), ["info", "--json", "--no-config", "--no-lock", "--no-remote", file], {
      cwd: outdir,
    });
    const graph: { modules: { specifier: string; error?: string }[] } = JSON.parse(stdout);
    for (const { specifier, error } of graph.modules) {
      if (error !== undefined || !(specifier.startsWith("node:") || known.has(specifier))) {
        throw new Error(
          `the bundle loads ${specifier} (from ${file}), which is not in it${error === undefined ? "" : `: ${error}`}`,
        );
      }
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}
