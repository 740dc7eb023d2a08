/**
 * The extension `epack.releases_list`: the releases of a target, a page at a time. Only adapters that offer it are sent the command.
 * docs/adapter-protocol-extensions.md describes it.
 */
import * as z from "zod";
import { LISTING } from "../limits.ts";
import type { Capabilities } from "./capabilities.ts";
import { type Camelized, fromWire } from "./case.ts";
import { authHints, count, digest, envelope, list, optional, target, text, time } from "./fields.ts";
import { protocolError, reasonOf } from "./protocol_error.ts";

export const RELEASES_LIST = "epack.releases_list";

/** What stands in `capabilities.extensions` under the extension's name. */
export const releasesOffer = z.object({ version: z.literal(1), max_page_size: optional(count.min(1)) });

const short = z.string().max(LISTING.textChars);

export const releasesListRequest = z.object({
  type: z.literal("releases.list"),
  ...envelope,
  remote: text,
  /** With a `stream` only the releases of that one. */
  target,
  /** At most so many. */
  page_size: z.number().int().min(1).max(LISTING.pageSize),
  /** Of the page before; absent for the first. */
  page_token: text.optional(),
  identity: authHints.optional(),
});

/** A release that a remote has; all but its id may be unknown. */
export const listedRelease = z.object({
  release_id: short.min(1),
  version: optional(short),
  pack_digest: optional(digest),
  file_digest: optional(digest),
  size_bytes: optional(count),
  stream: optional(short),
  created_at: optional(time),
  labels: list(short).pipe(z.array(z.string()).max(LISTING.labels)),
  notes: optional(z.string().max(LISTING.notesChars)),
  canonical_ref: optional(short),
});

/** The newest first. Without a token it is the last page. */
export const releasesListResult = z.object({
  releases: list(listedRelease),
  next_page_token: optional(z.string().max(LISTING.tokenChars)),
});

export type ReleasesOffer = Camelized<z.infer<typeof releasesOffer>>;
export type ListedRelease = Camelized<z.infer<typeof listedRelease>>;

/**
 * The adapter's offer to list releases; undefined when there is none, or in a version that is not known here.
 *
 * @throws EpackError `adapter_protocol` when it offers that wrongly
 */
export function releasesListOf(
  capabilities: Capabilities,
  options: { adapterName: string },
): ReleasesOffer | undefined {
  const offer = capabilities.extensions?.[RELEASES_LIST];
  if (typeof offer !== "object" || offer === null || Array.isArray(offer) || offer.version !== 1) return undefined;
  const parsed = releasesOffer.safeParse(offer);
  if (parsed.success) return fromWire(parsed.data);
  throw protocolError(options.adapterName, "--capabilities", {
    reason: `extensions.${RELEASES_LIST}: ${reasonOf(parsed.error)}`,
  });
}
