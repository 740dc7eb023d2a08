import { semver } from "./semver.ts";

/** Below, at or above 0 as `a` is the older, the same or the newer version; undefined when one of the tags is no version. */
export async function compareTags(a: string, b: string): Promise<number | undefined> {
  const versions = await semver();
  const [first, second] = [a, b].map((tag) => versions.valid(tag.replace(/^v/, "")));
  return first === null || second === null ? undefined : versions.compareBuild(first, second);
}
