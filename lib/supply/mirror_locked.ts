import { type Config, type Project, resolveRemote } from "../config/mod.ts";
import { EpackError } from "../errors.ts";
import { cachedStore, fetchAdapter } from "../install/mod.ts";
import { ADAPTER } from "../limits.ts";
import { checkAlignment, readLock } from "../lockfile/mod.ts";
import { chooseAsset, createMirror, type MirrorSelection, parseSource } from "../release/mod.ts";
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

export interface MirrorOutcome {
  mirrored: { name: string; version: string; platforms: string[] }[];
}

/**
 * Puts what the lockfile pins into a folder, for machines without a network: the files of all locked platforms, their bundles and
 * the trusted root. Each is verified as an installation would.
 *
 * @throws EpackError `lockfile_missing`, `lockfile_mismatch`, and as `fetchAdapter` and `createMirror`
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
  const selections: MirrorSelection[] = [];
  const mirrored: MirrorOutcome["mirrored"] = [];
  for (const name of Object.keys(config.remotes)) {
    const remote = resolveRemote(config, name);
    if (remote.source === undefined || !Object.hasOwn(lock.remotes, name)) continue;
    const locked = lock.remotes[name];
    checkAlignment(remote, locked);
    const { repository } = parseSource(remote.source);
    const { release, commit } = await lockedRelease(repository, locked, { store, signal, remoteName: name });
    const assets: MirrorSelection["assets"][number][] = [];
    for (const [platform, { digest }] of Object.entries(locked.platforms)) {
      const { kind, asset, bundle } = chooseAsset(release, { adapter: remote.adapterName, platform });
      if (assets.some((other) => other.asset.name === asset.name)) continue;
      await fetchAdapter(release, {
        ...request,
        commit,
        adapterName: remote.adapterName,
        platform,
        pin: digest,
        sourceWorkflow: remote.verify.sourceWorkflow,
      });
      assets.push({ asset: { ...asset, digest }, bundle });
      if (kind === "module") break;
    }
    selections.push({ release, commit, assets });
    mirrored.push({ name, version: release.tag, platforms: Object.keys(locked.platforms) });
  }
  if (selections.length === 0) {
    throw new EpackError("usage", "there is nothing to mirror: no locked remote has a source", { origin: "input" });
  }
  await createMirror(request.folder, {
    store: cachedStore(store, cache),
    selections,
    maxBytes: ADAPTER.nativeBytes,
    trustedRoot: new TextEncoder().encode(JSON.stringify(root.json)),
    signal,
    now: request.now,
  });
  return { mirrored };
}
