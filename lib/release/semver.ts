/** What this room uses of the package `semver`, which has no types. Versions are given as text. */
export interface Semver {
  /** The version without `v` and build; null when it is none. */
  valid(text: string): string | null;
  /** The range in its longest form; null when it is none. */
  validRange(text: string): string | null;
  satisfies(version: string, range: string): boolean;
  /** Negative when `a` is the older one; builds count. */
  compareBuild(a: string, b: string): number;
  prerelease(version: string): readonly (string | number)[] | null;
  minVersion(range: string): { version: string } | null;
  /** The version that a text is nearest to: 1 is 1.0.0. */
  coerce(text: string): { version: string } | null;
}

let loaded: Promise<Semver> | undefined;

/** Loads it when a version is first compared: most commands compare none. */
export function semver(): Promise<Semver> {
  loaded ??= import("semver").then((module) => module.default);
  return loaded;
}
