/** A software bill of materials (CycloneDX 1.6) of what is inside the binary, made from deno.lock alone: no time, no random number. */
import { join } from "node:path";
import { run } from "./run.ts";

interface LockedPackage {
  integrity: string;
  dependencies?: string[];
}

interface Lock {
  npm: Record<string, LockedPackage>;
}

export interface SbomOptions {
  root: string;
  /** Whose dependencies count, relative to the root. */
  entries: readonly string[];
  name: string;
  version: string;
  denoVersion: string;
}

/** The document as text. @throws Error when a dependency is not in the lockfile */
export async function sbom(options: SbomOptions): Promise<string> {
  const { root, name, version, denoVersion } = options;
  const lock: Lock = JSON.parse(await Deno.readTextFile(join(root, "deno.lock")));
  const used = await usedPackages(options, lock);
  const self = `pkg:generic/${name}@${version}`;
  const deno = `pkg:generic/deno@${denoVersion}`;
  const components = used.map((key) => {
    const locked = lock.npm[key];
    if (locked === undefined) throw new Error(`${key} is not in deno.lock`);
    const at = key.lastIndexOf("@");
    return {
      type: "library",
      "bom-ref": purlOf(key),
      name: key.slice(0, at),
      version: key.slice(at + 1),
      purl: purlOf(key),
      hashes: [{ alg: "SHA-512", content: hexOfIntegrity(locked.integrity) }],
    };
  });
  const direct = await directPackages(root, used);
  const document = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: { type: "application", "bom-ref": self, name, version, licenses: [{ license: { id: "Apache-2.0" } }] },
    },
    components: [
      { type: "platform", "bom-ref": deno, name: "deno", version: denoVersion, description: "runtime" },
      ...components,
    ],
    dependencies: [
      { ref: self, dependsOn: [deno, ...direct.map(purlOf)] },
      ...used.map((key) => ({
        ref: purlOf(key),
        dependsOn: (lock.npm[key].dependencies ?? []).map((name) => purlOf(keyOf(name, lock))),
      })),
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Packages that the entries load, dependencies of dependencies too, as the lockfile's keys. */
async function usedPackages({ root, entries }: SbomOptions, lock: Lock): Promise<string[]> {
  const used = new Set<string>();
  const add = (key: string) => {
    if (used.has(key)) return;
    used.add(key);
    for (const name of lock.npm[key]?.dependencies ?? []) add(keyOf(name, lock));
  };
  for (const entry of entries) {
    const { stdout } = await run(Deno.execPath(), ["info", "--json", entry], { cwd: root });
    const graph: { modules: { npmPackage?: string }[] } = JSON.parse(stdout);
    for (const { npmPackage } of graph.modules) if (npmPackage !== undefined) add(npmPackage);
  }
  return [...used].sort();
}

/** A dependency is written by its name alone where the lockfile has one version of it. */
const keyOf = (name: string, lock: Lock) =>
  name in lock.npm ? name : Object.keys(lock.npm).find((key) => key.slice(0, key.lastIndexOf("@")) === name) ?? name;

async function directPackages(root: string, used: readonly string[]): Promise<string[]> {
  const { imports }: { imports: Record<string, string> } = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
  return Object.values(imports).map((specifier) => specifier.replace(/^npm:/, "")).filter((key) => used.includes(key));
}

/** https://github.com/package-url/purl-spec: the @ of a scope is escaped. */
const purlOf = (key: string) => `pkg:npm/${key.replace(/^@/, "%40")}`;

const hexOfIntegrity = (integrity: string) =>
  Uint8Array.from(atob(integrity.replace(/^sha512-/, "")), (letter) => letter.charCodeAt(0)).toHex();
