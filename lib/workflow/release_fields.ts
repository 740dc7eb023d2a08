import type { TargetConfig } from "../protocol/mod.ts";
import { buildContext } from "./build_context.ts";
import type { ReleaseFields } from "./deliver.ts";
import type { RemoteRequest } from "./request.ts";
import { describePack, type Sendable } from "./sendable.ts";

/** What the user says of a release. */
export interface ReleaseWords {
  workspace?: string;
  /** Beside those of the configuration. */
  labels: readonly string[];
  notes?: string;
  releaseVersion?: string;
}

/** Where a pack's release or runs belong. */
export function targetOf({ remote, workspace }: RemoteRequest & { workspace?: string }, stream: string): TargetConfig {
  return { ...remote.target, ...(workspace ? { workspace } : {}), stream };
}

/** What push.prepare says, but for who pushes: that does not live long. */
export function releaseFields(sendable: Sendable, request: RemoteRequest & ReleaseWords): ReleaseFields {
  const { remote } = request;
  return {
    remote: remote.name,
    target: targetOf(request, sendable.verified.pack.stream),
    pack: describePack(sendable),
    release: releaseInfo(request),
  };
}

function releaseInfo(request: RemoteRequest & ReleaseWords): ReleaseFields["release"] {
  const { release } = request.remote;
  const labels = [...new Set([...release.labels, ...request.labels])];
  const context = buildContext(release.source, request.env);
  const source = { gitSha: context.git_sha, ciRunUrl: context.ci_run_url };
  return {
    labels: labels.length > 0 ? labels : undefined,
    notes: request.notes ?? release.notes,
    source: source.gitSha || source.ciRunUrl ? source : undefined,
    buildContext: Object.keys(context).length > 0 ? context : undefined,
    version: request.releaseVersion,
  };
}
