import { type Config, type Project, type Remote, resolveRemote } from "../config/mod.ts";
import type { Digest } from "../digest/mod.ts";
import { EpackError } from "../errors.ts";
import { fetchAdapter, isPlaced, placeAdapter, placeOf } from "../install/mod.ts";
import { INSTALL } from "../limits.ts";
import {
  checkAlignment,
  currentPlatform,
  type Lock,
  type LockedRemote,
  lockedRemote,
  pinFor,
  readLock,
} from "../lockfile/mod.ts";
import { parseSource } from "../release/mod.ts";
import { together } from "../together.ts";
import type { InstallContext } from "./lock_source.ts";
import { lockedRelease } from "./locked_release.ts";

export interface SyncRequest {
  project: Project;
  config: Config;
  /** Default: all remotes with a source. */
  names: readonly string[];
  /** Refuses what was locked without verification, installed or not. */
  frozen?: boolean;
  signal: AbortSignal;
  /** Opened for the first adapter that is not installed. */
  openInstall: () => Promise<InstallContext>;
}

export interface SyncOutcome {
  installed: { name: string; version: string; path: string; verified: boolean }[];
  /** Installed already, byte for byte. */
  present: { name: string; version: string; path: string }[];
}

/**
 * Installs the adapters that the lockfile pins for this machine: from the cache, else from their release. The pinned digest and
 * the builder are checked before anything of them may run.
 *
 * @throws EpackError `signature_invalid`, `lockfile_missing`, `lockfile_mismatch`, `adapter_not_pinned`, and as `fetchAdapter` and `placeAdapter`
 */
export async function syncRemotes(request: SyncRequest): Promise<SyncOutcome> {
  const { project, config } = request;
  const outcome: SyncOutcome = { installed: [], present: [] };
  const names = request.names.length > 0 ? request.names : Object.keys(config.remotes);
  const remotes = names.map((name) => resolveRemote(config, name)).filter(({ source }) => source !== undefined);
  if (remotes.length === 0) return outcome;
  const lock = await readLock(project.lockPath);
  if (lock === undefined) {
    throw new EpackError("lockfile_missing", `there is no lockfile: ${project.lockPath}`, {
      origin: "project",
      hint: "lock the remotes first: epack lock",
    });
  }
  const todo: { remote: Remote; locked: LockedVersion; place: Place; fileDigest: Digest; path: string }[] = [];
  for (const remote of remotes) {
    const locked = lockedOf(remote, lock);
    if (request.frozen && locked.verification?.status === "skipped") {
      throw new EpackError("signature_invalid", `remote "${remote.name}" was locked without verification`, {
        origin: "project",
        hint: "lock it again without --insecure-skip-verify: --frozen takes nothing that nobody vouched for",
      });
    }
    const { digest } = pinFor(lock, remote.name, { platform: currentPlatform() }) ?? missing(remote);
    const place = {
      root: project.root,
      adapterName: remote.adapterName,
      version: locked.version,
      platform: currentPlatform(),
      kind: kindOf(locked),
    };
    const path = placeOf(place);
    const { name } = remote;
    if (await isPlaced(path, digest, request)) {
      outcome.present.push({ name, version: locked.version, path });
    } else todo.push({ remote, locked, place, fileDigest: digest, path });
  }
  if (todo.length === 0) return outcome;
  const install = await request.openInstall();
  const fetches = todo.map(({ remote, locked, fileDigest }) => (signal: AbortSignal) =>
    fetchLocked(remote, locked, { ...install, signal, pin: fileDigest })
  );
  // nothing is placed before everything is there and verified
  const fetched = await together(request.signal, fetches, INSTALL);
  for (const [index, { remote: { name }, locked, place, fileDigest, path }] of todo.entries()) {
    const insecure = fetched[index].signer === undefined;
    await placeAdapter({ ...place, from: fetched[index].path, fileDigest, insecure });
    outcome.installed.push({ name, version: locked.version, path, verified: !insecure });
  }
  return outcome;
}

type LockedVersion = LockedRemote & { version: string };
type Place = Parameters<typeof placeOf>[0];

/** A remote's entry, when it is one of a source and still means what the configuration means. */
function lockedOf(remote: Remote, lock: Lock): LockedVersion {
  const locked = lockedRemote(lock, remote.name);
  if (locked?.version === undefined) return missing(remote);
  checkAlignment(remote, locked);
  return { ...locked, version: locked.version };
}

function missing(remote: Remote): never {
  throw new EpackError("adapter_not_pinned", `remote "${remote.name}" is not in the lockfile`, {
    origin: "project",
    hint: `lock it first: epack lock ${remote.name}`,
  });
}

/** The file's own name says which kind it is, as it does where it is run. */
const kindOf = (locked: LockedRemote) =>
  /\.m?js$/i.test(locked.platforms[currentPlatform()]?.asset ?? "") ? "module" as const : "native" as const;

async function fetchLocked(
  remote: Remote,
  locked: LockedRemote,
  options: InstallContext & { signal: AbortSignal; pin: LockedRemote["platforms"][string]["digest"] },
) {
  const { repository } = parseSource(remote.source ?? "");
  const { release, commit } = await lockedRelease(repository, locked, { ...options, remoteName: remote.name });
  return await fetchAdapter(release, {
    ...options,
    commit,
    adapterName: remote.adapterName,
    platform: currentPlatform(),
    sourceWorkflow: remote.verify.sourceWorkflow,
    // what was locked without verification has nothing to be verified by
    insecureSkipVerify: options.insecureSkipVerify || locked.verification?.status === "skipped",
  });
}
