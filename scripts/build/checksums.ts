import { join } from "node:path";
import { createHasher, hexOf } from "../../lib/digest/mod.ts";

/** SHA-256 of a file as 64 hex digits. */
export async function sha256Of(path: string): Promise<string> {
  const hasher = createHasher();
  using file = await Deno.open(path, { read: true });
  for await (const chunk of file.readable) hasher.update(chunk);
  return hexOf(hasher.digest());
}

/** Lines as sha256sum writes and checks them, sorted by name. */
export async function checksums(folder: string, names: readonly string[]): Promise<string> {
  const lines: string[] = [];
  for (const name of [...names].sort()) lines.push(`${await sha256Of(join(folder, name))}  ${name}\n`);
  return lines.join("");
}

export interface Comparison {
  same: string[];
  different: string[];
  /** Recorded, and not built here. */
  missing: string[];
  /** Built here, and not recorded. */
  extra: string[];
}

/** Compares two lists of checksums by name. */
export function compareChecksums(recorded: string, built: string): Comparison {
  const parse = (text: string) =>
    new Map([...text.matchAll(/^([0-9a-f]{64}) [ *](.+?)\r?$/gm)].map(([, digest, name]) => [name, digest]));
  const [wanted, found] = [parse(recorded), parse(built)];
  const names = [...new Set([...wanted.keys(), ...found.keys()])].sort();
  const having = (test: (name: string) => boolean) => names.filter(test);
  return {
    same: having((name) => wanted.has(name) && wanted.get(name) === found.get(name)),
    different: having((name) => wanted.has(name) && found.has(name) && wanted.get(name) !== found.get(name)),
    missing: having((name) => !found.has(name)),
    extra: having((name) => !wanted.has(name)),
  };
}
