/**
 * The filesystem adapter: releases in a folder, on this machine or on a mounted share. Its root is EPACK_REMOTE_FILE_ROOT
 * (`transport.file_root`), or FILESYSTEM_ROOT under hosts that hand on `secrets` only.
 *
 * It needs to read and write below its root, and nothing else. Of runs it keeps a ledger (id, digest, path): the results
 * themselves lie where it may not read.
 */
import { pathToFileURL } from "node:url";
import { isAbsolute, join } from "node:path";
import { type AdapterContext, AdapterFailure, defineAdapter, requiredText } from "../sdk/mod.ts";
import { digestOfFile, FilesystemStore, PACK_FILE, type Release, type Target } from "./filesystem_store.ts";

const MOST_IN_A_PAGE = 100;
const UPLOAD_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function storeOf(context: AdapterContext): FilesystemStore {
  const root = context.env("EPACK_REMOTE_FILE_ROOT") ?? context.env("FILESYSTEM_ROOT");
  if (root === undefined || root === "") {
    throw new AdapterFailure(
      "invalid_request",
      "no root folder: set transport.file_root of the remote, or FILESYSTEM_ROOT",
    );
  }
  if (!isAbsolute(root)) throw new AdapterFailure("invalid_request", "the root folder is not an absolute path");
  return new FilesystemStore(root);
}

const shown = (target: Target) =>
  [target.workspace, target.environment, target.stream].filter((part) => part !== undefined).join("/") ||
  "the default target";

export default defineAdapter({
  name: "filesystem",
  version: "1.0.0",
  description: "Keeps releases in a folder",
  handlers: {
    async "push.prepare"(request, context) {
      const store = storeOf(context);
      requiredText(request.pack?.digest, "pack.digest");
      const version = request.release?.version;
      if (
        version !== undefined &&
        (await store.releases({ ...request.target })).some(({ release }) => release.version === version)
      ) {
        throw conflict(version, request.target);
      }
      const uploadId = await store.beginUpload();
      // finalize is told neither of the release nor, by older hosts, of the stream: they travel in the token
      const token = {
        uploadId,
        target: request.target,
        release: request.release ?? {},
        fileDigest: request.pack.fileDigest,
      };
      return {
        upload: { method: "PUT", url: pathToFileURL(join(store.uploadFolder(uploadId), PACK_FILE)).href },
        finalizeToken: btoa(encodeURIComponent(JSON.stringify(token))),
      };
    },

    async "push.finalize"(request, context) {
      const store = storeOf(context);
      const token = readToken(requiredText(request.finalizeToken, "finalize_token"));
      const packDigest = requiredText(request.pack?.digest, "pack.digest");
      const done = (await store.releases(token.target)).find(({ release }) => release.uploadId === token.uploadId);
      if (done !== undefined) return { release: resultOf(done.release) };
      const arrived = await digestOfFile(join(store.uploadFolder(token.uploadId), PACK_FILE));
      if (arrived === undefined) {
        throw new AdapterFailure("not_found", "the upload is missing: it never came, or was swept after a day");
      }
      const expected = request.pack.fileDigest ?? token.fileDigest;
      if (arrived.sizeBytes !== request.pack.sizeBytes || (expected !== undefined && expected !== arrived.digest)) {
        throw new AdapterFailure("invalid_request", "the bytes that arrived are not those that were announced");
      }
      const release = await store.publish({
        releaseId: `rel_${crypto.randomUUID().replaceAll("-", "").slice(0, 20)}`,
        uploadId: token.uploadId,
        createdAt: new Date().toISOString(),
        target: token.target,
        packDigest,
        fileDigest: arrived.digest,
        sizeBytes: arrived.sizeBytes,
        labels: token.release.labels ?? [],
        notes: token.release.notes,
        buildContext: token.release.buildContext,
      }, { version: token.release.version });
      if (release === undefined) throw conflict(token.release.version ?? "", token.target);
      return { release: resultOf(release) };
    },

    async "pull.prepare"(request, context) {
      const { ref } = request;
      const target = request.target ?? {};
      const found = (await storeOf(context).releases(target)).find(({ release }) =>
        ref?.latest === true || (ref?.version !== undefined && release.version === ref.version) ||
        (ref?.releaseId !== undefined && release.releaseId === ref.releaseId) ||
        (ref?.digest !== undefined && (release.fileDigest === ref.digest || release.packDigest === ref.digest))
      );
      if (found === undefined) {
        const wanted = ref?.version ?? ref?.releaseId ?? ref?.digest;
        throw new AdapterFailure(
          "not_found",
          wanted === undefined
            ? `there is no release in ${shown(target)}`
            : `there is no release ${wanted} in ${shown(target)}`,
        );
      }
      const { release, packPath } = found;
      return {
        download: { method: "GET", url: pathToFileURL(packPath).href },
        pack: {
          digest: release.fileDigest,
          sizeBytes: release.sizeBytes,
          stream: release.target.stream,
          createdAt: release.createdAt,
          releaseId: release.releaseId,
          version: release.version,
          labels: release.labels,
        },
        finalizeToken: release.releaseId,
      };
    },

    async "releases.list"(request, context) {
      const found = await storeOf(context).releases(request.target ?? {});
      const last = request.pageToken;
      const start = last === undefined ? 0 : found.findIndex(({ release }) => release.releaseId === last) + 1;
      if (last !== undefined && start === 0) {
        throw new AdapterFailure(
          "invalid_request",
          "the page_token is not one of this adapter, or its release is gone",
        );
      }
      const size = request.pageSize ?? MOST_IN_A_PAGE;
      if (!Number.isSafeInteger(size) || size < 1) throw new AdapterFailure("invalid_request", "page_size is no count");
      const end = start + Math.min(size, MOST_IN_A_PAGE);
      return {
        releases: found.slice(start, end).map(({ release }) => ({
          ...resultOf(release),
          fileDigest: release.fileDigest,
          sizeBytes: release.sizeBytes,
          stream: release.target.stream,
          labels: release.labels,
          notes: release.notes,
        })),
        nextPageToken: end < found.length ? found[end - 1].release.releaseId : undefined,
      };
    },

    "pull.finalize"(request) {
      requiredText(request.finalizeToken, "finalize_token");
      return Promise.resolve({ confirmed: true as const });
    },

    async "runs.sync"(request, context) {
      const store = storeOf(context);
      const items: { runId: string; status: "accepted" | "rejected" | "duplicate" }[] = [];
      for (const run of request.runs ?? []) {
        const record = { ...run, packDigest: request.packDigest, fileDigest: request.fileDigest };
        items.push({ runId: run.runId, status: await store.recordRun(request.target ?? {}, { ...run, record }) });
      }
      const rejected = items.filter(({ status }) => status === "rejected").length;
      return { accepted: items.length - rejected, rejected, items, failedOutputs: [] };
    },

    "auth.whoami"(_request, context) {
      return Promise.resolve({
        identity: { authenticated: true, subject: storeOf(context).root, issuer: "filesystem" },
      });
    },
  },
});

interface Token {
  uploadId: string;
  target: Target;
  release: { labels?: string[]; notes?: string; version?: string; buildContext?: Record<string, string> };
  fileDigest?: string;
}

function readToken(text: string): Token {
  try {
    const token = JSON.parse(decodeURIComponent(atob(text)));
    if (typeof token.uploadId === "string" && UPLOAD_ID.test(token.uploadId)) return token;
  } catch { /* said below */ }
  throw new AdapterFailure("invalid_request", "the finalize_token is not one of this adapter");
}

function conflict(version: string, target: Target): AdapterFailure {
  return new AdapterFailure("conflict", `version ${version} exists already in ${shown(target)}`);
}

function resultOf(release: Release) {
  return {
    releaseId: release.releaseId,
    packDigest: release.packDigest,
    version: release.version,
    createdAt: release.createdAt,
    canonicalRef: `filesystem:${shown(release.target)}@${release.version}`,
  };
}
