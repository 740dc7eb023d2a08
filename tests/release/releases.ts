import { digestOf } from "../../lib/digest/mod.ts";
import type { Release } from "../../lib/release/mod.ts";

/** A release as a list has it. */
export function release(tag: string, options: Partial<Omit<Release, "assets">> & { assets?: string[] } = {}): Release {
  const { assets = [], ...rest } = options;
  return {
    repository: { owner: "acme", name: "epack-remote-s3" },
    tag,
    draft: false,
    prerelease: false,
    ...rest,
    assets: assets.map((name) => ({ name, sizeBytes: name.length, digest: digestOf(name), handle: name })),
  };
}
