import { type Config, type Project, resolveRemote } from "../config/mod.ts";
import { EpackError } from "../errors.ts";
import { cachedStore, fetchAdapter } from "../install/mod.ts";
import { ADAPTER } from "../limits.ts";
import { checkAlignment, readLock } from "../lockfile/mod.ts";
import { chooseAsset, createMirror, type MirrorSelection, parseSource, repositoryName } from "../release/mod.ts";
import type { InstallContext } from "./lock_source.ts";
import { lockedRelease } from "./locked_release.ts";

export interface MirrorRequest extends InstallContext {
  project: Project;
  config: Config;
  /** Absolute; made when it is missing, brought up to date when it is a mirror. */
  folder: string;
  signal: AbortSignal;
  now: () => Date;
}

type Selection = Omit<MirrorSelection, "assets"> & { assets: MirrorSelection["assets"][number][] };

export interface MirrorOutcome {
  mirrored: { name: string; version: string; platforms: string[] }[];
}

/**
 * Puts what the lockfile pins into a folder, for machines without a network: the files of all locked platforms, their bundles and
 * the trusted root. Each is verified as an installation would.
 *
 * @throws EpackError `lockfile_missing`, `lockfile_mismatch`, `adapter_not_pinned` for a remote that is not locked, and as
 *   `fetchAdapter` and `createMirror`
 */
export async function mirrorLocked(request: MirrorRequest): Promise<MirrorOutcome> {
  const { project, config, store, cache, root, signal } = request;
  const lock = await readLock(project.lockPath);
  if (lock === undefined) {
    throw new EpackError("lockfile_missing", `there is no lockfile: ${project.lockPath}`, {
      origin: "project",
      hint: "lock the remotes first: epack lock --all-platforms",
    });
  }
  const selections = new Map<string, Selection>();
  const mirrored: MirrorOutcome["mirrored"] = [];
  for (const name of Object.keys(config.remotes)) {
    const remote = resolveRemote(config, name);
    if (remote.source === undefined) continue;
    if (!Object.hasOwn(lock.remotes, name)) throw notLocked(name);
    const locked = lock.remotes[name];
    checkAlignment(remote, locked);
    const { repository } = parseSource(remote.source);
    const { release, commit } = await lockedRelease(repository, locked, { store, signal, remoteName: name });
    // two remotes may have one release
    const key = `${repositoryName(repository).toLowerCase()}@${release.tag}`;
    const selection: Selection = selections.get(key) ?? { release, commit, assets: [] };
    selections.set(key, selection);
    for (const [platform, { digest }] of Object.entries(locked.platforms)) {
      const { kind, asset, bundle } = chooseAsset(release, { adapter: remote.adapterName, platform });
      await fetchAdapter(release, {
        ...request,
        commit,
        adapterName: remote.adapterName,
        platform,
        pin: digest,
        sourceWorkflow: remote.verify.sourceWorkflow,
      });
      const { assets } = selection;
      if (!assets.some((other) => other.asset.name === asset.name)) {
        assets.push({ asset: { ...asset, digest }, bundle });
      }
      if (kind === "module") break;
    }
    mirrored.push({ name, version: release.tag, platforms: Object.keys(locked.platforms) });
  }
  if (selections.size === 0) {
    throw new EpackError("usage", "there is nothing to mirror: no locked remote has a source", { origin: "input" });
  }
  await createMirror(request.folder, {
    store: cachedStore(store, cache),
    selections: [...selections.values()],
    maxBytes: ADAPTER.nativeBytes,
    trustedRoot: new TextEncoder().encode(JSON.stringify(root.json)),
    signal,
    now: request.now,
  });
  return { mirrored };
}

/** A mirror without it would be found wanting on the other machine, where nothing can be done about it. */
const notLocked = (name: string) =>
  new EpackError("adapter_not_pinned", `remote "${name}" is not in the lockfile`, {
    origin: "project",
    hint: `lock it first: epack lock --all-platforms ${name}`,
  });
