import { dirname, join } from "node:path";
import { digestOf } from "../../lib/digest/mod.ts";
import { currentPlatform } from "../../lib/lockfile/mod.ts";
import { temporaryFolder } from "../epack.ts";

/** An entry of the lockfile; by default for this platform. */
export interface Locked {
  text: string;
  source?: string;
  version?: string;
  platform?: string;
}

/** A project, a home and a PATH to put adapters in. Adapters leave a line in `started` when they are started. */
export interface AdapterFolders extends AsyncDisposable {
  path: string;
  env: { PATH: string; HOME: string; XDG_DATA_HOME: string };
  /** Where adapters' sealed copies go. */
  tempRoot: string;
  /** A native adapter that answers `--capabilities`; its text is what it is pinned by. */
  script(options?: { name?: string; version?: string; does?: string }): string;
  /** Writes a file below the folder, executable unless another mode is given. Returns its path. */
  write(place: string, text: string, options?: { mode?: number }): Promise<string>;
  /** Writes epack.yaml; each remote is a line of flow YAML. */
  config(remotes: Record<string, string>): Promise<void>;
  lock(remotes: Record<string, Locked>): Promise<void>;
  /** What each started adapter wrote: its path. */
  started(): Promise<string[]>;
}

export async function adapterFolders(): Promise<AdapterFolders> {
  const folder = temporaryFolder();
  const { path } = folder;
  const log = join(path, "started");
  const tempRoot = join(path, "tmp");
  for (const name of ["path", "home", "tmp"]) await Deno.mkdir(join(path, name));
  const write = async (place: string, text: string, { mode = 0o755 } = {}) => {
    const file = join(path, place);
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeTextFile(file, text);
    await Deno.chmod(file, mode);
    return file;
  };
  return {
    path,
    env: { PATH: join(path, "path"), HOME: join(path, "home"), XDG_DATA_HOME: join(path, "home", "data") },
    tempRoot,
    script({ name = "x", version = "2.0.0", does = ":" } = {}) {
      const answer = { name, kind: "remote_adapter", version, deploy_protocol_version: 1, features: { pull: true } };
      return `#!/bin/sh\necho "$0" >> '${log}'\n${does}\necho '${JSON.stringify(answer)}'\n`;
    },
    write,
    async config(remotes) {
      const lines = Object.entries(remotes).map(([name, line]) => `  ${name}: {${line}}\n`);
      await write("epack.yaml", `remotes:${lines.length === 0 ? " {}" : ""}\n${lines.join("")}`, { mode: 0o644 });
    },
    async lock(remotes) {
      await write("epack.lock.yaml", lockText(remotes), { mode: 0o644 });
    },
    async started() {
      const text = await Deno.readTextFile(log).catch(() => "");
      return text.split("\n").filter((line) => line !== "");
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

function lockText(remotes: Record<string, Locked>): string {
  const entries = Object.entries(remotes).map(([name, locked]) => {
    const { text, source, version, platform = currentPlatform() } = locked;
    const origin = source === undefined ? "    kind: external\n" : `    source: ${source}\n    version: ${version}\n`;
    return `  ${name}:\n${origin}    platforms:\n      ${platform}:\n        digest: "${digestOf(text)}"\n`;
  });
  return `schema_version: 1\nremotes:\n${entries.join("")}`;
}
