/** The answers of GitHub's API that are read, as its documentation has them (version 2022-11-28). Other fields are dropped. */
import * as z from "zod";
import { isDigest } from "../digest/mod.ts";
import type { Release } from "./release.ts";
import type { Repository } from "./source.ts";

export const API_VERSION = "2022-11-28";

const asset = z.object({
  id: z.int().positive(),
  name: z.string(),
  size: z.int().nonnegative(),
  /** "open" and "starter": not all of it is there. */
  state: z.string(),
  digest: z.string().nullish(),
  browser_download_url: z.url({ protocol: /^https?$/ }).max(4096),
});

export const releaseSchema = z.object({
  tag_name: z.string().min(1).max(1024),
  draft: z.boolean(),
  prerelease: z.boolean(),
  published_at: z.iso.datetime({ offset: true }).nullish(),
  assets: z.array(asset),
});
export const releaseListSchema = z.array(releaseSchema);

export const repositorySchema = z.object({
  full_name: z.string().regex(/^[\w-][\w.-]{0,99}\/(?!\.{1,2}$)[\w.-]{1,100}$/),
});

/** What a reference, or an annotated tag, names. */
export const refSchema = z.object({
  ref: z.string().optional(),
  object: z.object({ type: z.string(), sha: z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/) }),
});

/** A release as this room knows it. */
export function toRelease(found: z.infer<typeof releaseSchema>, repository: Repository): Release {
  return {
    repository,
    tag: found.tag_name,
    draft: found.draft,
    prerelease: found.prerelease,
    publishedAt: found.published_at ?? undefined,
    assets: found.assets.filter(({ state }) => state === "uploaded").map((asset) => ({
      name: asset.name,
      sizeBytes: asset.size,
      digest: isDigest(asset.digest) ? asset.digest : undefined,
      url: asset.browser_download_url,
      handle: String(asset.id),
    })),
  };
}
