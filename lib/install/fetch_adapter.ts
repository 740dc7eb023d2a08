import type { Digest } from "../digest/mod.ts";
import { EpackError } from "../errors.ts";
import { readRegular } from "../files/mod.ts";
import { ADAPTER, INSTALL } from "../limits.ts";
import { type AdapterAsset, chooseAsset, type Release, type ReleaseStore } from "../release/mod.ts";
import type { Signer, TrustedRoot } from "../trust/mod.ts";
import type { AdapterCache } from "./adapter_cache.ts";
import { checkProvenance } from "./provenance.ts";

declare const verified: unique symbol;

/** An adapter's file in the cache, and who built it. Only {@link fetchAdapter} makes one. */
export interface FetchedAdapter {
  readonly [verified]: true;
  readonly platform: string;
  readonly kind: AdapterAsset["kind"];
  readonly assetName: string;
  readonly url?: string;
  readonly fileDigest: Digest;
  /** In the cache. */
  readonly path: string;
  /** Its bundle, for mirrors; absent when it was taken without verification. */
  readonly bundle?: Uint8Array<ArrayBuffer>;
  /** Absent when it was taken without verification: the user said so. */
  readonly signer?: Signer;
}

export interface FetchOptions {
  store: ReleaseStore;
  cache: AdapterCache;
  root: TrustedRoot;
  /** 40 or 64 hex digits, what the release's tag names. */
  commit: string;
  adapterName: string;
  /** os/arch in Go's words. */
  platform: string;
  /** Takes a release whose bundle is missing or wrong. Default false. */
  insecureSkipVerify?: boolean;
  sourceWorkflow?: boolean;
  /** What the lockfile has: another file is refused before it is looked at. */
  pin?: Digest;
  signal?: AbortSignal;
  /** Called for each download. */
  newProgress?: () => (doneBytes: number, totalBytes: number) => void;
}

/**
 * Gets the adapter of a release for one platform into the cache, and checks who built it, before anything of it may be run.
 *
 * @throws EpackError `release_not_found`, `signature_invalid`, `verification_failed`, `adapter_digest_mismatch`, and what the store
 *   throws
 */
export async function fetchAdapter(release: Release, options: FetchOptions): Promise<FetchedAdapter> {
  const { store, cache, pin, platform, signal } = options;
  const { asset, kind, bundle: bundleAsset } = chooseAsset(release, { adapter: options.adapterName, platform });
  if (bundleAsset === undefined && !options.insecureSkipVerify) throw withoutBundle(release, asset.name);
  const known = pin ?? asset.digest;
  const cached = known === undefined ? undefined : await cache.find(known, { signal });
  const maxBytes = kind === "module" ? ADAPTER.moduleBytes : ADAPTER.nativeBytes;
  const { fileDigest, path } = cached !== undefined && known !== undefined
    ? { fileDigest: known, path: cached }
    : await cache.add((sink) =>
      store.download(release, asset, { sink, maxBytes, signal, onProgress: options.newProgress?.() })
    );
  if (pin !== undefined && fileDigest !== pin) throw otherBytes(release, { name: asset.name, fileDigest, pin });
  const fetched = { platform, kind, assetName: asset.name, url: asset.url, fileDigest, path };
  if (options.insecureSkipVerify || bundleAsset === undefined) return fetched as FetchedAdapter;
  const bundle = await bundleBytes(release, { ...options, bundleAsset });
  const { signer } = checkProvenance(bundle, {
    root: options.root,
    repository: release.repository,
    tag: release.tag,
    commit: options.commit,
    fileDigest,
    sourceWorkflow: options.sourceWorkflow,
  });
  return { ...fetched, bundle, signer } as FetchedAdapter;
}

async function bundleBytes(
  release: Release,
  { store, cache, signal, bundleAsset }: FetchOptions & { bundleAsset: AdapterAsset["asset"] },
): Promise<Uint8Array<ArrayBuffer>> {
  const maxBytes = INSTALL.bundleBytes;
  const { path } = await cache.add((sink) => store.download(release, bundleAsset, { sink, maxBytes, signal }));
  return await readRegular(path, { maxBytes, what: "bundle" });
}

function withoutBundle(release: Release, name: string): EpackError {
  return new EpackError("signature_invalid", `${name} of release ${release.tag} has no bundle that says who built it`, {
    origin: "remote",
    hint: "ask its author to publish one; to take it all the same: --insecure-skip-verify",
  });
}

function otherBytes(release: Release, found: { name: string; fileDigest: Digest; pin: Digest }): EpackError {
  return new EpackError(
    "adapter_digest_mismatch",
    `${found.name} of release ${release.tag} is not the one that was locked: its digest is ${found.fileDigest}, the pinned one ${found.pin}`,
    { origin: "remote", hint: "a release that changes after it was made is not to be trusted; ask its author" },
  );
}
