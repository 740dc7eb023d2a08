import { showText } from "../codec/mod.ts";
import { EpackError } from "../errors.ts";

/** A repository of the place that releases come from. */
export interface Repository {
  readonly owner: string;
  readonly name: string;
}

/** Which releases of a repository are wanted. */
export type Constraint =
  /** The highest release. */
  | { readonly by: "latest" }
  /** This very release, whose tag is one of `tags`: as it was written, and with `v` added or taken away. */
  | { readonly by: "tag"; readonly tags: readonly [string, string] }
  /** The highest release in a range, such as ^1.2. */
  | { readonly by: "range"; readonly range: string };

/** `source:` of a remote: owner/repo@constraint. */
export interface ReleaseSource {
  readonly repository: Repository;
  readonly constraint: Constraint;
  /** As it was written. */
  readonly text: string;
}

/** Names as the place allows them; none is `.`, `..` or can be taken for a flag. */
const OWNER = "[A-Za-z0-9][A-Za-z0-9_-]{0,99}";
const REPOSITORY = "[A-Za-z0-9][A-Za-z0-9._-]{0,99}";
const NUMBERS = String.raw`\d{1,10}(?:\.\d{1,10}){0,2}`;
const AFTER = String.raw`(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?`;
const SOURCE = new RegExp(
  `^(${OWNER})/(${REPOSITORY})@(?:(latest)|([\\^~]${NUMBERS}${AFTER})|(v?${NUMBERS}${AFTER}))$`,
);

/**
 * Reads `owner/repo@constraint`: latest, v1.2.3 or 1.2.3 (that one), ^1.2 or ~1.2 (the highest that fits, as npm and cargo mean it).
 *
 * @throws EpackError `config_invalid`
 */
export function parseSource(text: string): ReleaseSource {
  const [, owner, name, latest, range, tag] = text.length > 300 ? [] : text.match(SOURCE) ?? [];
  // a part after a shortened version would be read by some as a range of its own
  const shortened = range !== undefined && range.includes("-") && range.split("-")[0].split(".").length < 3;
  if (owner === undefined || shortened) {
    throw new EpackError(
      "config_invalid",
      `the source "${showText(text, { maxChars: 200 })}" is not owner/repo@version`,
      { origin: "project", hint: "the version is latest, v1.2.3 or 1.2.3, ^1.2 or ~1.2" },
    );
  }
  const repository = { owner, name };
  if (latest !== undefined) return { repository, constraint: { by: "latest" }, text };
  if (range !== undefined) return { repository, constraint: { by: "range", range }, text };
  const other = tag.startsWith("v") ? tag.slice(1) : `v${tag}`;
  return { repository, constraint: { by: "tag", tags: [tag, other] }, text };
}

/** `owner/name`. */
export function repositoryName({ owner, name }: Repository): string {
  return `${owner}/${name}`;
}

/**
 * True when both name one repository: the place does not tell capitals from small letters. A release whose repository differs from
 * the one that was asked for comes from one that was renamed or handed over, which a lock must not take in silence.
 */
export function sameRepository(a: Repository, b: Repository): boolean {
  return repositoryName(a).toLowerCase() === repositoryName(b).toLowerCase();
}
