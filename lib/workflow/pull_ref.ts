import { type Digest, parseDigest } from "../digest/mod.ts";
import { EpackError } from "../errors.ts";

/** Which release to pull: exactly one way to name it. */
export type PullRef =
  | { by: "latest" }
  | { by: "digest"; digest: Digest }
  | { by: "release"; releaseId: string }
  | { by: "version"; version: string };

export interface RefOptions {
  /** The positional word: a digest, `rel_…` or a version. */
  word?: string;
  digest?: string;
  release?: string;
  version?: string;
}

/**
 * The one reference that the options name; latest when they name none.
 *
 * @throws EpackError `usage` when two are named, one is empty, or a digest is not one
 */
export function pullRef(options: RefOptions): PullRef {
  const named = Object.entries(options).filter(([, value]) => value !== undefined);
  if (named.length > 1) {
    throw new EpackError("usage", `more than one release is named: ${named.map(([how]) => how).join(", ")}`, {
      origin: "input",
      hint: "name it once: by a digest, a release id or a version",
    });
  }
  const [how, value] = named[0] ?? ["latest", "latest"];
  if (value === undefined || value.trim() === "") {
    throw new EpackError("usage", `the ${how} to pull is empty`, { origin: "input" });
  }
  if (how === "latest") return { by: "latest" };
  if (how === "digest" || (how === "word" && value.startsWith("sha256:"))) {
    return { by: "digest", digest: parseDigest(value) };
  }
  if (how === "release" || (how === "word" && value.startsWith("rel_"))) return { by: "release", releaseId: value };
  return { by: "version", version: value };
}

/** How a person would say it. */
export function describeRef(ref: PullRef): string {
  switch (ref.by) {
    case "latest":
      return "latest";
    case "digest":
      return `digest ${ref.digest}`;
    case "release":
      return `release ${ref.releaseId}`;
    case "version":
      return `version ${ref.version}`;
  }
}
