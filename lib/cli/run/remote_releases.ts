import { showText } from "../../codec/mod.ts";
import { EpackError } from "../../errors.ts";
import { LISTING } from "../../limits.ts";
import { listReleases, type Releases } from "../../workflow/mod.ts";
import type { CommandRun } from "../command_run.ts";
import { columns } from "../render/columns.ts";
import { showSize } from "../render/size.ts";
import { showTime } from "../render/time.ts";
import type { RemoteFlags } from "../remote_flags.ts";
import { remoteRequest } from "./open_remote.ts";

export interface RemoteReleasesFlags extends RemoteFlags {
  workspace?: string;
  stream?: string;
  limit?: number;
  all?: boolean;
}

type Release = Releases["releases"][number];

export default async function (run: CommandRun, flags: RemoteReleasesFlags, name: string): Promise<void> {
  if (flags.all && flags.limit !== undefined) {
    throw new EpackError("usage", "--all and --limit exclude each other", { origin: "input" });
  }
  const { target, releases, more } = await listReleases({
    ...await remoteRequest(run, flags, { name }),
    workspace: flags.workspace,
    stream: flags.stream,
    limit: flags.all ? undefined : flags.limit ?? LISTING.shown,
  });
  run.result({ remote: name, target, releases: releases.map(jsonOf), more }, [
    ...(releases.length === 0 ? ["No releases."] : columns(releases.map(rowOf))),
    more ? `There are more: --all${flags.all ? ` shows ${LISTING.releases} at most` : ""}` : undefined,
  ]);
}

function jsonOf(release: Release) {
  return {
    release_id: release.releaseId,
    version: release.version,
    pack_digest: release.packDigest,
    file_digest: release.fileDigest,
    size: release.sizeBytes,
    stream: release.stream,
    created_at: release.createdAt,
    labels: release.labels,
    notes: release.notes,
    canonical_ref: release.canonicalRef,
  };
}

function rowOf(release: Release): string[] {
  const { createdAt, releaseId, version, sizeBytes, stream, labels } = release;
  return [
    createdAt === undefined ? "-" : showTime(new Date(createdAt)),
    short(version),
    short(releaseId),
    sizeBytes === undefined ? "-" : showSize(sizeBytes),
    short(stream),
    labels.map((label) => short(label)).join(", "),
  ];
}

const short = (text: string | undefined) => (text === undefined ? "-" : showText(text, { maxChars: 80 }));
