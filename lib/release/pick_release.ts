import { showText } from "../codec/mod.ts";
import { EpackError } from "../errors.ts";
import type { Release, ReleaseStore } from "./release.ts";
import { type Semver, semver } from "./semver.ts";
import { type ReleaseSource, repositoryName } from "./source.ts";

/** A release and its version. */
interface Versioned {
  release: Release;
  /** Of the tag, without `v`. */
  version: string;
  /** Marked as one, or by its version. */
  prerelease: boolean;
}

/**
 * The release that a source names, of a list in any order.
 *
 * - drafts never
 * - a tag that is named exactly: also a prerelease; with and without `v` it is the same, the tag as written first
 * - ranges and latest: the highest version (semver 2.0.0) that is no prerelease; tags that are no versions are passed over
 *
 * @throws EpackError `release_not_found` with the nearest tags
 */
export async function pickRelease(releases: readonly Release[], source: ReleaseSource): Promise<Release> {
  const published = releases.filter(({ draft }) => !draft);
  const { constraint } = source;
  if (constraint.by === "tag") {
    for (const tag of constraint.tags) {
      const found = published.find((release) => release.tag === tag);
      if (found !== undefined) return found;
    }
  }
  const versions = await semver();
  const versioned = published.flatMap((release) => versionedOf(release, versions)).sort((a, b) =>
    newest(a, b, versions)
  );
  if (constraint.by !== "tag") {
    if (constraint.by === "range" && versions.validRange(constraint.range) === null) {
      throw new EpackError("config_invalid", `the range of the source "${source.text}" is none`, { origin: "project" });
    }
    const found = versioned.find(({ version, prerelease }) =>
      !prerelease && (constraint.by === "latest" || versions.satisfies(version, constraint.range))
    );
    if (found !== undefined) return found.release;
  }
  throw nothingFits(source, { versioned, versions, published });
}

/** The release that a source names. One that is named exactly costs one or two questions, whatever the number of releases. */
export async function findRelease(
  store: ReleaseStore,
  source: ReleaseSource,
  options: { signal?: AbortSignal } = {},
): Promise<Release> {
  const { repository, constraint } = source;
  if (constraint.by === "tag") {
    for (const tag of constraint.tags) {
      const found = await store.byTag(repository, tag, options);
      if (found !== undefined && !found.draft) return found;
    }
  }
  return await pickRelease(await store.releases(repository, options), source);
}

function versionedOf(release: Release, versions: Semver): Versioned[] {
  // the package takes more than a version for one
  const version = /^v?\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?$/.test(release.tag) ? release.tag.replace(/^v/, "") : "";
  if (versions.valid(version) === null) return [];
  return [{ release, version, prerelease: release.prerelease || versions.prerelease(version) !== null }];
}

/** The highest first; of two tags with one version the one with `v`. */
function newest(a: Versioned, b: Versioned, versions: Semver): number {
  return versions.compareBuild(b.version, a.version) || (a.release.tag < b.release.tag ? 1 : -1);
}

function nothingFits(
  source: ReleaseSource,
  options: { versioned: readonly Versioned[]; versions: Semver; published: readonly Release[] },
): EpackError {
  const { versioned, published } = options;
  const name = repositoryName(source.repository);
  const wanted = source.text.slice(source.text.indexOf("@") + 1);
  const fail = (message: string, hint?: string) =>
    new EpackError("release_not_found", message, { origin: "project", hint });
  if (published.length === 0) return fail(`${name} has no releases`);
  const stable = versioned.filter(({ prerelease }) => !prerelease);
  if (versioned.length === 0) {
    const tags = published.slice(0, 3).map(({ tag }) => `"${showText(tag, { maxChars: 60 })}"`).join(", ");
    return fail(`${name} has no release whose tag is a version such as v1.2.3; it has ${tags}`);
  }
  const near = nearest(wanted, options).map(({ release, prerelease }) =>
    prerelease ? `${release.tag} (a prerelease)` : release.tag
  );
  const hint = stable.length === 0
    ? `it has only prereleases, which must be named exactly: ${name}@${near[0].split(" ")[0]}`
    : undefined;
  return fail(
    wanted === "latest"
      ? `${name} has no release that is no prerelease; nearest: ${near.join(", ")}`
      : `${name} has no release ${wanted}; nearest: ${near.join(", ")}`,
    hint,
  );
}

/** Up to two versions just above what was wanted and two just below, the highest first. */
function nearest(
  wanted: string,
  { versioned, versions }: { versioned: readonly Versioned[]; versions: Semver },
): readonly Versioned[] {
  const pivot = /^[~^]/.test(wanted)
    ? versions.minVersion(wanted)?.version
    : versions.valid(wanted) ?? versions.coerce(wanted)?.version;
  if (pivot === undefined) return versioned.slice(0, 4);
  const above = versioned.filter(({ version }) => versions.compareBuild(version, pivot) > 0);
  return [...above.slice(-2), ...versioned.slice(above.length, above.length + 2)];
}
