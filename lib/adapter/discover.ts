import { basename } from "node:path";
import { type AdapterKind, BUILT_IN_ADAPTERS, type Env } from "../config/mod.ts";
import type { Digest } from "../digest/mod.ts";
import type { ErrorCode } from "../errors.ts";
import type { Capabilities } from "../protocol/mod.ts";
import { describeConfinement } from "../sandbox/mod.ts";
import { plannedConfinement } from "./confinement.ts";
import { type Candidate, faultOf, lstatIfThere, searchFolders } from "./places.ts";
import { probeAdapters } from "./probe.ts";
import { findInstalled, isModule } from "./resolve.ts";
import { type DigestFile, digestFiles, standingOf } from "./standing.ts";
import { readUses, type Uses } from "./uses.ts";

/**
 * What vouches for an adapter (AdapterStatus of the specification, with one more).
 *
 * - verified: a remote of the lockfile pins it, and its bytes were read and have the pinned digest
 * - unverified: found, and nothing vouches for it
 * - managed: in the lockfile, not installed
 * - not_found: configured, found nowhere
 * - built_in: part of this program (ours)
 */
export type AdapterStatus = "verified" | "unverified" | "managed" | "not_found" | "built_in";

export interface DiscoverOptions {
  /** The user's environment: PATH, and where the user's own adapters are. */
  env: Env;
  /** Where the project is looked for, upwards. Default: the working folder. */
  workDir?: string;
  /** The configuration, in place of the nearest one. */
  configPath?: string;
  /** Starts adapters that are verified or built in, and asks for their capabilities. Default false. */
  probeManaged?: boolean;
  /** Starts those too that nothing vouches for, wherever they are: arbitrary code, on the user's word. Default false. */
  probePath?: boolean;
  /** For each adapter that is asked. Default 30 s. */
  timeoutMs?: number;
  signal?: AbortSignal;
  /** Gets what adapters that are asked write for people: cleaned, redacted, bounded. */
  onLog?: (adapterName: string, text: string) => void;
  /** Default: the system's temporary folder. */
  tempRoot?: string;
}

/** An adapter that is there, or should be (DiscoveredAdapter of the specification; what follows `source` is ours). */
export interface DiscoveredAdapter {
  /** Without `epack-remote-`. */
  name: string;
  /** Of its file: `epack-remote-s3`, `epack-remote-s3.js`. */
  binaryName: string;
  /** The first place where it was found; absent when there is none. */
  binaryPath?: string;
  /** What it said when it was asked. */
  capabilities?: Capabilities;
  /** Why it would not run, or gave no capabilities. */
  error?: string;
  status: AdapterStatus;
  /** "managed": in a place of the project or of this program. "path": in a folder of PATH. */
  source: "managed" | "path" | "both";
  kind: AdapterKind;
  /** The version of the lockfile, or what the adapter said when it was asked. */
  version?: string;
  /** Of the file, when it was compared with a pin. */
  digest?: Digest;
  /** How it runs for its remotes, or would run for nobody's, in one line for people. */
  confinement: string;
  /** Remotes of the configuration and the lockfile that use it. */
  remotes: readonly string[];
  /** Of `error`, when it was asked and gave no capabilities. */
  errorCode?: ErrorCode;
}

/**
 * Adapters that are installed, configured or on PATH, and those that are built in; sorted by name. Nothing is started unless
 * probing is asked for. Of several files of one name the first counts: installed by lock, `binary:` of the configuration, the
 * user's own folder, the project's `.epack/bin`, PATH.
 *
 * @throws EpackError `config_invalid`, `lockfile_invalid`, …: what is broken is never taken for "not pinned"
 */
export async function discoverAdapters(options: DiscoverOptions): Promise<DiscoveredAdapter[]> {
  return await discover(options);
}

/** The adapter of that name; undefined when there is none. A built-in one is what its bare name means. @throws as {@link discoverAdapters} */
export async function findAdapter(name: string, options: DiscoverOptions): Promise<DiscoveredAdapter | undefined> {
  return (await discover(options, name))[0];
}

async function discover(options: DiscoverOptions, only?: string): Promise<DiscoveredAdapter[]> {
  const known = await readUses(options);
  const uses = known.uses.filter(({ remote }) => remote?.kind !== "built_in");
  const found = Map.groupBy(await findFiles({ ...known, uses }, options), ({ name }) => name);
  const usesOf = Map.groupBy(uses, ({ adapterName }) => adapterName);
  const digestFile = digestFiles(options);
  const adapters = BUILT_IN_ADAPTERS.map((name) => builtIn(name, known));
  for (const name of new Set([...usesOf.keys(), ...found.keys()])) {
    if (only !== undefined && name !== only) continue;
    const group = { project: known.project, uses: usesOf.get(name) ?? [], found: found.get(name) ?? [] };
    adapters.push(await describe(name, { ...group, digestFile, signal: options.signal }));
  }
  const wanted = adapters.filter(({ name }) => only === undefined || name === only);
  // the sort is stable: a built-in adapter comes before one of its name that was found
  wanted.sort((a, b) => (a.name === b.name ? 0 : a.name < b.name ? -1 : 1));
  return await probeAdapters(wanted, { ...options, uses });
}

/** Every file that is called like an adapter, in the order of precedence. */
export async function findFiles({ project, lock, uses }: Uses, options: DiscoverOptions): Promise<Candidate[]> {
  const files: Candidate[] = [];
  for (const { remoteName, adapterName: name, remote } of project === undefined ? [] : uses) {
    if (project === undefined || remote?.binary !== undefined) continue;
    const path = await findInstalled(project, { name: remoteName, adapterName: name }, { lock });
    if (path !== undefined) files.push({ name, path, place: "managed", installed: true });
  }
  for (const { adapterName: name, remote } of uses) {
    const path = remote?.binary;
    const info = path === undefined ? undefined : await lstatIfThere(path);
    if (path !== undefined && info !== undefined) files.push({ name, path, place: "managed", fault: faultOf(info) });
  }
  for await (const file of searchFolders({ ...options, project })) files.push(file);
  return files;
}

interface Group extends Pick<Uses, "project" | "uses"> {
  found: readonly Candidate[];
  digestFile: DigestFile;
  signal?: AbortSignal;
}

async function describe(name: string, { project, uses, found, ...options }: Group): Promise<DiscoveredAdapter> {
  const file = found.find(({ fault }) => fault === undefined) ?? found[0];
  const path = file?.path;
  const kind = path === undefined ? uses[0].remote?.kind ?? "native" : isModule(path) ? "module" : "native";
  const known = {
    name,
    binaryName: path === undefined ? binaryNameOf(name) : basename(path),
    binaryPath: path,
    source: new Set(found.map(({ place }) => place)).size === 2 ? "both" as const : file?.place ?? "managed",
    kind,
    version: uses.find(({ locked }) => locked?.version !== undefined)?.locked?.version,
    confinement: confinementFor({ project, uses }, { path, how: kind === "module" ? "confined" : "native" }),
    remotes: uses.map(({ remoteName }) => remoteName),
  };
  if (file === undefined) {
    return { ...known, status: uses.some(({ locked }) => locked !== undefined) ? "managed" : "not_found" };
  }
  if (file.fault !== undefined) return { ...known, status: "unverified", error: file.fault };
  const { status, digest, problem } = await standingOf(file.path, uses, { ...options, installed: file.installed });
  return { ...known, status, digest, error: problem };
}

function builtIn(name: string, { project, uses: all }: Uses): DiscoveredAdapter {
  const uses = all.filter(({ adapterName, remote }) => remote?.kind === "built_in" && adapterName === name);
  return {
    name,
    binaryName: binaryNameOf(name),
    status: "built_in",
    source: "managed",
    kind: "built_in",
    confinement: confinementFor({ project, uses }, { how: "confined" }),
    remotes: uses.map(({ remoteName }) => remoteName),
  };
}

/** In one line where all remotes agree, else by remote; without a remote nothing is granted. */
function confinementFor(
  { project, uses }: Pick<Uses, "project" | "uses">,
  options: { path?: string; how: "confined" | "native" },
): string {
  const lines = uses.flatMap(({ remoteName, remote }) =>
    project === undefined || remote === undefined
      ? []
      : [{ remoteName, line: plannedConfinement(project, remote, options) }]
  );
  const [first = { line: describeConfinement(options.how) }] = lines;
  if (lines.every(({ line }) => line === first.line)) return first.line;
  return lines.map(({ remoteName, line }) => `for ${remoteName} ${line}`).join("; ");
}

const binaryNameOf = (name: string) => `epack-remote-${name}`;
