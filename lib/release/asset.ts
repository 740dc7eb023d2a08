import { showText } from "../codec/mod.ts";
import { EpackError } from "../errors.ts";
import type { Release, ReleaseAsset } from "./release.ts";
import { repositoryName } from "./source.ts";

/** The file of a release that is an adapter for one platform. */
export interface AdapterAsset {
  asset: ReleaseAsset;
  /** A module is one file for all platforms. */
  kind: "module" | "native";
  /** Says who built it; undefined when the release has none. */
  bundle?: ReleaseAsset;
}

/** What comes after the name of an asset in the name of its bundle. */
export const BUNDLE_SUFFIX = ".sigstore.json";

/** Other words for Go's. Written with `-`, as names are compared. */
const OS_WORDS: Readonly<Record<string, readonly string[]>> = { darwin: ["darwin", "macos", "osx"] };
const ARCH_WORDS: Readonly<Record<string, readonly string[]>> = {
  amd64: ["amd64", "x86-64", "x64"],
  arm64: ["arm64", "aarch64"],
};

/**
 * The adapter of a release for a platform.
 *
 * - a module: `epack-remote-<adapter>.js` or `.mjs`; it is taken before a native one, since it runs confined everywhere
 * - a native one: `<name>-<os>-<arch>`, on Windows also with `.exe`, where name is `epack-remote-<adapter>` or `<adapter>`
 *
 * Names are compared without case, `-` and `_` are one.
 *
 * @param options.adapter its name, such as s3
 * @param options.platform in Go's words: linux/amd64
 * @param options.kind takes only that kind
 * @throws EpackError `release_not_found` when there is none, or more than one; `file_refused` for a name that is a path
 */
export function chooseAsset(
  release: Release,
  options: { adapter: string; platform: string; kind?: AdapterAsset["kind"] },
): AdapterAsset {
  for (const { name } of release.assets) if (!isPlainName(name)) throw pathInName(release, name);
  for (const kind of ["module", "native"] as const) {
    if (options.kind !== undefined && options.kind !== kind) continue;
    const names = new Set(kind === "module" ? moduleNames(options.adapter) : nativeNames(options));
    const asset = theOne(release, (name) => names.has(comparable(name)), `${kind} adapters for ${options.platform}`);
    if (asset !== undefined) return { asset, kind, bundle: bundleOf(release, asset) };
  }
  throw noneFits(release, options);
}

/**
 * True for a name that stays a name wherever it is put: no separator or drive, no `.` or `..`, no control character, 1 to 255
 * characters.
 */
export function isPlainName(name: string): boolean {
  return /^[^\u0000-\u001f\u007f-\u009f/\\:]{1,255}$/u.test(name) && name !== "." && name !== ".." &&
    name.isWellFormed();
}

function comparable(name: string): string {
  return name.toLowerCase().replaceAll("_", "-");
}

function moduleNames(adapter: string): string[] {
  return [".js", ".mjs"].map((ending) => comparable(`epack-remote-${adapter}${ending}`));
}

function nativeNames({ adapter, platform }: { adapter: string; platform: string }): string[] {
  const [os, arch] = platform.split("/");
  const endings = os === "windows" ? ["", ".exe"] : [""];
  return [`epack-remote-${adapter}`, adapter].flatMap((name) =>
    (OS_WORDS[os] ?? [os]).flatMap((osWord) =>
      (ARCH_WORDS[arch] ?? [arch]).flatMap((archWord) =>
        endings.map((ending) => comparable(`${name}-${osWord}-${archWord}${ending}`))
      )
    )
  );
}

/** The bundle is named after the asset as it is spelled, but for case. */
function bundleOf(release: Release, asset: ReleaseAsset): ReleaseAsset | undefined {
  const wanted = `${asset.name}${BUNDLE_SUFFIX}`.toLowerCase();
  return theOne(release, (name) => name.toLowerCase() === wanted, `bundles of "${asset.name}"`);
}

function theOne(release: Release, fits: (name: string) => boolean, what: string): ReleaseAsset | undefined {
  const found = release.assets.filter(({ name }) => fits(name));
  if (found.length > 1) {
    throw new EpackError("release_not_found", `${describe(release)} has several ${what}: ${listed(found)}`, {
      origin: "remote",
      hint: "which one is meant cannot be told: ask its author to leave one",
    });
  }
  return found[0];
}

function noneFits(release: Release, options: { adapter: string; platform: string }): EpackError {
  const { adapter, platform } = options;
  const others = release.assets.filter(({ name }) => !name.toLowerCase().endsWith(BUNDLE_SUFFIX));
  return new EpackError(
    "release_not_found",
    `${describe(release)} has no adapter "${adapter}" for ${platform}; it has ${listed(others) || "no files"}`,
    {
      origin: "remote",
      hint: `it is looked for by the names epack-remote-${adapter}-${
        platform.replace("/", "-")
      } and epack-remote-${adapter}.js`,
    },
  );
}

function pathInName(release: Release, name: string): EpackError {
  return new EpackError(
    "file_refused",
    `${describe(release)} has an asset whose name is no plain name: "${showText(name, { maxChars: 100 })}"`,
    { origin: "remote" },
  );
}

function listed(assets: readonly ReleaseAsset[]): string {
  const names = assets.slice(0, 8).map(({ name }) => showText(name, { maxChars: 100 })).join(", ");
  return assets.length > 8 ? `${names}, …` : names;
}

function describe({ repository, tag }: Release): string {
  return `release ${showText(tag, { maxChars: 100 })} of ${repositoryName(repository)}`;
}
