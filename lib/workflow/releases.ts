import { EpackError } from "../errors.ts";
import { LISTING } from "../limits.ts";
import { type ListedRelease, releasesListOf, type TargetConfig } from "../protocol/mod.ts";
import { collectPages } from "./collect_pages.ts";
import { identityHints } from "./identity.ts";
import { openSession, type RemoteRequest } from "./request.ts";
import { requestWithRetries } from "./retry_request.ts";

export interface ReleasesRequest extends RemoteRequest {
  workspace?: string;
  /** Only of this stream. */
  stream?: string;
  /** Default: all, and no more than the bound. */
  limit?: number;
}

/** A remote's releases, the newest first. */
export interface Releases {
  target: TargetConfig;
  releases: ListedRelease[];
  /** There are more than were asked for. */
  more: boolean;
}

/**
 * Asks a remote for its releases, page by page. Changes nothing.
 *
 * @throws EpackError `unsupported` when the adapter cannot list them, `adapter_protocol`, `limit_exceeded`, and what a session throws
 */
export async function listReleases(request: ReleasesRequest): Promise<Releases> {
  const { remote, events, workspace, stream, limit = LISTING.releases } = request;
  events.step("Asking the remote");
  await using session = await openSession(request);
  const offer = releasesListOf(session.capabilities, { adapterName: session.name });
  if (offer === undefined) {
    throw new EpackError("unsupported", `adapter "${session.name}" cannot list releases`, {
      origin: "adapter",
      hint: "what was pushed from this project stands in its receipts: epack receipts list",
    });
  }
  const target: TargetConfig = { ...remote.target, ...(workspace ? { workspace } : {}), ...(stream ? { stream } : {}) };
  const { items, more } = await collectPages(async (pageToken, pageSize) => {
    const page = await requestWithRetries(session, "releases.list", {
      fields: async () => ({
        remote: remote.name,
        target,
        pageSize,
        pageToken,
        identity: await identityHints(request, session),
      }),
      request,
    });
    return { items: page.releases, nextToken: page.nextPageToken };
  }, {
    most: Math.min(limit, LISTING.releases),
    pageSize: offer.maxPageSize,
    idOf: ({ releaseId }) => releaseId,
    adapterName: session.name,
  });
  // an adapter that takes no notice of the stream is no reason to show others
  const wanted = items.filter((release) => stream === undefined || (release.stream ?? stream) === stream);
  return { target, releases: wanted, more };
}
