import { showText } from "../codec/mod.ts";
import { createHasher } from "../digest/mod.ts";
import { EpackError, isEpackError } from "../errors.ts";
import { RELEASE, TRANSFER } from "../limits.ts";
import type { ApiAnswer } from "./api_get.ts";
import { refSchema, releaseListSchema, releaseSchema, repositorySchema, toRelease } from "./github_answers.ts";
import { type ApiOptions, type GithubApi, githubApi } from "./github_api.ts";
import { githubPlace } from "./github_place.ts";
import type { AssetDownloadOptions, AssetSink, Release, ReleaseAsset, ReleaseStore } from "./release.ts";
import { type Repository, repositoryName } from "./source.ts";

/**
 * Releases of GitHub, or of GitHub Enterprise: by EPACK_GITHUB_API_URL, with the token of GITHUB_TOKEN.
 *
 * A renamed repository is followed; its releases say its new name. At most a thousand releases are looked through.
 *
 * @throws EpackError `usage`, `insecure_refused` as {@link githubPlace}; its methods `network`, `timeout`, `transfer_failed`,
 *   `url_refused`, `release_not_found`, `limit_exceeded`, `adapter_digest_mismatch`
 */
export function openGithub(options: ApiOptions): ReleaseStore {
  const place = githubPlace(options.env);
  const api = githubApi(place, options);
  const basePath = new URL(place.apiUrl).pathname.replace(/\/$/, "");
  const nameNow = (url: URL, asked: Repository, signal?: AbortSignal) =>
    repositoryAt(api, url.pathname.slice(basePath.length), { asked, signal });
  return {
    shown: place.shown,
    async releases(asked, { signal } = {}) {
      const what = `the releases of ${repositoryName(asked)}`;
      const found: Release[] = [];
      for (let page = 1; page <= RELEASE.pages; page++) {
        const path = `${pathOf(asked)}/releases?per_page=${RELEASE.pageSize}&page=${page}`;
        const { value, url, hasNext } = await api.json({ path, what, signal, schema: releaseListSchema });
        const repository = await nameNow(url, asked, signal);
        found.push(...value.map((release) => toRelease(release, repository)));
        if (!hasNext) return found;
      }
      throw new EpackError("limit_exceeded", `${what} are more than ${RELEASE.pages * RELEASE.pageSize}`, {
        origin: "remote",
        hint: "name a release exactly",
      });
    },
    async byTag(asked, tag, { signal } = {}) {
      const path = `${pathOf(asked)}/releases/tags/${encodeURIComponent(tag)}`;
      const what = `the release ${showText(tag, { maxChars: 100 })} of ${repositoryName(asked)}`;
      try {
        const { value, url } = await api.json({ path, what, signal, schema: releaseSchema });
        if (value.tag_name === tag) return toRelease(value, await nameNow(url, asked, signal));
        throw new EpackError("transfer_failed", `${what}: ${place.shown} gives another one`, { origin: "remote" });
      } catch (error) {
        if (isEpackError(error, "release_not_found")) return undefined;
        throw error;
      }
    },
    async commitOf({ repository, tag }, { signal } = {}) {
      const what = `the commit of ${showText(tag, { maxChars: 100 })} of ${repositoryName(repository)}`;
      const ask = async (path: string) =>
        (await api.json({ path: `${pathOf(repository)}/git/${path}`, what, signal, schema: refSchema })).value;
      let named = await ask(`ref/tags/${encodeURIComponent(tag)}`);
      if (named.ref !== `refs/tags/${tag}`) {
        throw new EpackError("transfer_failed", `${what}: ${place.shown} gives another tag`, { origin: "remote" });
      }
      for (let hop = 0; named.object.type === "tag" && hop < RELEASE.tagHops; hop++) {
        named = await ask(`tags/${named.object.sha}`);
      }
      if (named.object.type === "commit") return named.object.sha;
      throw new EpackError("release_not_found", `${what}: the tag names no commit`, { origin: "remote" });
    },
    async download(release, asset, options) {
      const { repository, tag } = release;
      const what = `the download of ${showText(`${repositoryName(repository)} ${tag} ${asset.name}`)}`;
      if (asset.sizeBytes > options.maxBytes) {
        throw new EpackError(
          "limit_exceeded",
          `${what}: it has ${asset.sizeBytes} bytes; at most ${options.maxBytes} are taken`,
          { origin: "remote" },
        );
      }
      const { value, attempts } = await api.asset({
        path: `${pathOf(repository)}/releases/assets/${encodeURIComponent(asset.handle)}`,
        what,
        signal: options.signal,
        use: (answer, touch) => save(answer, { ...options, asset, what, touch }),
      });
      return { ...value, attempts };
    },
  };
}

function pathOf({ owner, name }: Repository): string {
  return `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`;
}

/** The repository by the path that answered at last: another one than was asked after a redirect. */
async function repositoryAt(
  api: GithubApi,
  path: string,
  options: { asked: Repository; signal?: AbortSignal },
): Promise<Repository> {
  const { asked, signal } = options;
  if (path.startsWith(`${pathOf(asked)}/`)) return asked;
  const [, id] = path.match(/^\/repositories\/(\d{1,15})\//) ?? [];
  if (id !== undefined) {
    const what = `the new name of ${repositoryName(asked)}`;
    const { value } = await api.json({ path: `/repositories/${id}`, what, signal, schema: repositorySchema });
    const [owner, name] = value.full_name.split("/");
    return { owner, name };
  }
  const [, owner, name] = path.match(/^\/repos\/([\w.-]+)\/([\w.-]+)\//) ?? [];
  if (owner !== undefined) return { owner, name };
  throw new EpackError("url_refused", `${repositoryName(asked)} is redirected to what is no repository`, {
    origin: "remote",
  });
}

async function save(
  answer: ApiAnswer,
  options: AssetDownloadOptions & { sink: AssetSink; asset: ReleaseAsset; what: string; touch: () => void },
) {
  const { asset, sink, what } = options;
  const wrongSize = (sizeBytes: number | string) =>
    new EpackError("transfer_failed", `${what}: ${sizeBytes} bytes came; ${asset.sizeBytes} were announced`, {
      origin: "remote",
    });
  if (answer.sizeBytes !== undefined && answer.sizeBytes !== asset.sizeBytes) throw wrongSize(answer.sizeBytes);
  if ((answer.headers.get("content-encoding") ?? "identity") !== "identity") {
    throw new EpackError("transfer_failed", `${what}: it comes compressed, though that was not asked for`, {
      origin: "remote",
    });
  }
  await sink.begin();
  const hasher = createHasher();
  const block = new Uint8Array(TRANSFER.blockBytes);
  let sizeBytes = 0;
  for (;;) {
    const count = await answer.read(block);
    if (count === null) break;
    sizeBytes += count;
    if (sizeBytes > asset.sizeBytes) throw wrongSize(`more than ${asset.sizeBytes}`);
    hasher.update(block.subarray(0, count));
    await sink.write(block.subarray(0, count));
    options.touch();
    options.onProgress?.(sizeBytes, asset.sizeBytes);
  }
  if (sizeBytes !== asset.sizeBytes) throw wrongSize(sizeBytes);
  const digest = hasher.digest();
  if (asset.digest !== undefined && asset.digest !== digest) {
    throw new EpackError("adapter_digest_mismatch", `${what}: its digest is ${digest}; ${asset.digest} was announced`, {
      origin: "remote",
    });
  }
  return { digest, sizeBytes };
}
