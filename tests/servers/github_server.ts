/** Plays the part of GitHub's REST API (version 2022-11-28) that releases need, as its documentation describes it, with faults. */
import { digestOf } from "../../lib/digest/mod.ts";

export interface ServedRelease {
  tag: string;
  draft?: boolean;
  prerelease?: boolean;
  /** Names and bytes. */
  assets?: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>;
  /** What the tag names. Default: a commit of 40 letters "a". */
  tagged?: { type: "commit" | "tag" | "tree"; sha: string };
}

export interface ServedRepository {
  id: number;
  /** owner/name as it is now. */
  fullName: string;
  /** Names it had before: they redirect to /repositories/<id>. */
  formerNames?: readonly string[];
  /** Newest first. */
  releases: readonly ServedRelease[];
  /** Tag objects by their id: what an annotated tag names. */
  tagObjects?: Readonly<Record<string, { type: "commit" | "tag"; sha: string }>>;
  /** Only who has this token sees it. */
  token?: string;
}

/** What a test switches on. Those that pass count down to 0. */
export interface GithubFaults {
  /** Answers this before anything is looked at, as long as `times` lasts. */
  refuse?: { status: number; headers?: Record<string, string>; body?: string; times?: number };
  /** Of a JSON answer: what is sent in its place. */
  json?: (path: string, value: unknown) => string | Uint8Array<ArrayBuffer> | undefined;
  /** Where the download of an asset is redirected to; default: the asset server. */
  redirectAssetsTo?: string;
  /** Serves assets from the API itself, with no redirect. */
  assetsDirectly?: boolean;
  /** Where anything else is redirected to. */
  redirectApiTo?: string;
  /** Cuts the body of an asset in the middle, this often. */
  cutAssets?: number;
  /** Sends the first half of an asset, then nothing. */
  stallAssets?: boolean;
  /** Answers a download with 404. */
  missingAssets?: boolean;
  /** Sends assets without saying how long they are. */
  chunkedAssets?: boolean;
  /** Names a coding of the assets that they do not have. */
  assetCoding?: string;
  /** Sends other bytes of the same number. */
  swapAssets?: boolean;
  /** Added to the size that is announced. */
  sizeOff?: number;
  /** Leaves the digest of assets out, as older servers do. */
  noDigests?: boolean;
  /** Sends what it sends after this pause. */
  slowMs?: number;
  /** Every page says that there is a next one. */
  endlessPages?: boolean;
  /** Pages of this size, whatever is asked. */
  pageSize?: number;
}

export interface GithubRequest {
  /** "api" or "assets". */
  server: string;
  /** With its query. */
  path: string;
  status: number;
  authorization: string | null;
  etag: string | null;
}

export interface GithubServer extends AsyncDisposable {
  /** EPACK_GITHUB_API_URL. */
  apiUrl: string;
  assetsOrigin: string;
  faults: GithubFaults;
  repositories: ServedRepository[];
  requests: GithubRequest[];
}

/** Two real HTTP servers on loopback: the API, and the store of assets that it redirects to. */
export function githubServer(repositories: ServedRepository[], options: { basePath?: string } = {}): GithubServer {
  const { basePath = "" } = options;
  const requests: GithubRequest[] = [];
  const faults: GithubFaults = {};
  const quiet = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const logged = (server: string, answer: (request: Request, url: URL) => Response | Promise<Response>) =>
  async (
    request: Request,
  ) => {
    const url = new URL(request.url);
    const response = await answer(request, url);
    const { headers } = request;
    requests.push({
      server,
      path: url.pathname + url.search,
      status: response.status,
      authorization: headers.get("authorization"),
      etag: headers.get("if-none-match"),
    });
    return response;
  };
  const context = { repositories, faults, assetsOrigin: "", apiUrl: "" };
  const assets = Deno.serve(quiet, logged("assets", (_, url) => assetOf(context, url.pathname.slice(1))));
  context.assetsOrigin = `http://127.0.0.1:${assets.addr.port}`;
  const api = Deno.serve(
    quiet,
    logged("api", async (request, url) => {
      if (faults.slowMs !== undefined) await new Promise((resolve) => setTimeout(resolve, faults.slowMs));
      return apiAnswer(context, request, url.pathname.slice(basePath.length) + url.search);
    }),
  );
  context.apiUrl = `http://127.0.0.1:${api.addr.port}${basePath}`;
  return {
    apiUrl: context.apiUrl,
    assetsOrigin: context.assetsOrigin,
    faults,
    repositories,
    requests,
    async [Symbol.asyncDispose]() {
      await Promise.all([api.shutdown(), assets.shutdown()]);
    },
  };
}

interface ServerContext {
  repositories: ServedRepository[];
  faults: GithubFaults;
  assetsOrigin: string;
  apiUrl: string;
}

const notFound = () => Response.json({ message: "Not Found", status: "404" }, { status: 404 });

function apiAnswer(context: ServerContext, request: Request, path: string): Response {
  const { faults, apiUrl } = context;
  const { refuse } = faults;
  if (refuse !== undefined && (refuse.times ?? 1) > 0) {
    if (refuse.times !== undefined) refuse.times--;
    return new Response(refuse.body ?? JSON.stringify({ message: "refused" }), refuse);
  }
  if (faults.redirectApiTo !== undefined) {
    return new Response(null, { status: 302, headers: { location: faults.redirectApiTo } });
  }
  const [, byName, byId, rest] = path.match(/^\/(?:repos\/([^/]+\/[^/]+)|repositories\/(\d+))(\/.*|$)/) ?? [];
  const former = context.repositories.find(({ formerNames }) => formerNames?.includes(byName));
  if (former !== undefined) {
    const location = `${apiUrl}/repositories/${former.id}${rest}`;
    return Response.json({ message: "Moved Permanently", url: location }, { status: 301, headers: { location } });
  }
  const repository = context.repositories.find(({ id, fullName }) =>
    byId === String(id) || byName?.toLowerCase() === fullName.toLowerCase()
  );
  const token = request.headers.get("authorization")?.replace("Bearer ", "");
  if (repository === undefined || repository.token !== undefined && repository.token !== token) return notFound();
  const [route, query] = rest.split("?");
  const asset = route.match(/^\/releases\/assets\/(\d+)$/)?.[1];
  if (asset !== undefined && request.headers.get("accept") === "application/octet-stream") {
    if (faults.assetsDirectly) return assetOf(context, asset);
    const location = faults.redirectAssetsTo ?? `${context.assetsOrigin}/${asset}`;
    return new Response(null, { status: 302, headers: { location } });
  }
  const answer = jsonOf(context, repository, { route, query: new URLSearchParams(query) });
  if (answer === undefined) return notFound();
  const body = faults.json?.(path, answer.value) ?? JSON.stringify(answer.value);
  const etag = `W/"${digestOf(body).slice(7, 39)}"`;
  const headers: Record<string, string> = {
    "content-type": "application/json; charset=utf-8",
    etag,
    "x-ratelimit-limit": "60",
    "x-ratelimit-remaining": "59",
    ...answer.link && { link: answer.link },
  };
  if (request.headers.get("if-none-match") === etag) return new Response(null, { status: 304, headers });
  return new Response(body, { headers });
}

/** The value that the API gives for a route below a repository. */
function jsonOf(
  context: ServerContext,
  repository: ServedRepository,
  { route, query }: { route: string; query: URLSearchParams },
): { value: unknown; link?: string } | undefined {
  const { faults } = context;
  const all = repository.releases.map((release, index) => releaseJson(context, repository, { release, index }));
  const visible = all.filter(({ draft }) => !draft || repository.token !== undefined);
  if (route === "") return { value: { id: repository.id, full_name: repository.fullName } };
  if (route === "/releases") {
    const size = faults.pageSize ?? Number(query.get("per_page") ?? 30);
    const page = Number(query.get("page") ?? 1);
    const more = faults.endlessPages || page * size < visible.length;
    const next = `${context.apiUrl}/repositories/${repository.id}/releases?per_page=${size}&page=${page + 1}`;
    return {
      value: visible.slice((page - 1) * size, page * size),
      link: more ? `<${next}>; rel="next", <${next}>; rel="last"` : undefined,
    };
  }
  const [, kind, named] = route.match(/^\/(releases\/tags|git\/ref\/tags|git\/tags)\/(.+)$/) ?? [];
  const name = decodeURIComponent(named ?? "");
  const release = repository.releases.find(({ tag, draft }) => tag === name && !draft);
  switch (kind) {
    case "releases/tags":
      return release && { value: visible.find(({ tag_name }) => tag_name === name) };
    case "git/ref/tags":
      return release && {
        value: {
          ref: `refs/tags/${name}`,
          node_id: "REF",
          url: `${context.apiUrl}${route}`,
          object: release.tagged ?? { type: "commit", sha: "a".repeat(40) },
        },
      };
    case "git/tags": {
      const object = repository.tagObjects?.[name];
      return object && { value: { node_id: "TAG", tag: "v", sha: name, message: "", object } };
    }
    default:
      return undefined;
  }
}

function releaseJson(
  { faults }: ServerContext,
  repository: ServedRepository,
  { release, index }: { release: ServedRelease; index: number },
) {
  return {
    id: repository.id * 1000 + index,
    tag_name: release.tag,
    target_commitish: "main",
    name: release.tag,
    body: "What is new 🎉",
    draft: release.draft ?? false,
    prerelease: release.prerelease ?? false,
    created_at: "2026-01-01T00:00:00Z",
    published_at: release.draft ? null : "2026-01-02T03:04:05Z",
    author: { login: "octocat", id: 1 },
    assets: Object.entries(release.assets ?? {}).map(([name, content], place) => ({
      id: assetId(repository, index, place),
      name,
      label: null,
      content_type: "application/octet-stream",
      state: "uploaded",
      size: bytesOf(content).length + (faults.sizeOff ?? 0),
      ...!faults.noDigests && { digest: digestOf(bytesOf(content)) },
      download_count: 0,
      browser_download_url: `https://github.com/${repository.fullName}/releases/download/${release.tag}/asset-${place}`,
    })),
  };
}

function assetId(repository: ServedRepository, index: number, place: number): number {
  return (repository.id * 1000 + index) * 1000 + place + 1;
}

function assetOf({ repositories, faults }: ServerContext, id: string): Response {
  const found =
    repositories.flatMap((repository) =>
      repository.releases.flatMap((release, index) =>
        Object.values(release.assets ?? {}).filter((_, place) => String(assetId(repository, index, place)) === id)
      )
    ).map(bytesOf)[0];
  if (found === undefined || faults.missingAssets) return new Response("NoSuchKey", { status: 404 });
  const bytes = faults.swapAssets ? found.map((byte) => byte ^ 1) : found;
  const headers: Record<string, string> = faults.assetCoding ? { "content-encoding": faults.assetCoding } : {};
  if (faults.chunkedAssets) return new Response(new Blob([bytes]).stream(), { headers });
  const half = bytes.slice(0, bytes.length / 2);
  if (faults.stallAssets) {
    const stalling = new ReadableStream({ start: (controller) => controller.enqueue(half) });
    return new Response(stalling, { headers: { "content-length": String(bytes.length) } });
  }
  if ((faults.cutAssets ?? 0) === 0) return new Response(bytes, { headers });
  faults.cutAssets = (faults.cutAssets ?? 0) - 1;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      controller.enqueue(half);
      await new Promise((resolve) => setTimeout(resolve, 20));
      controller.close();
    },
  });
  return new Response(body, { headers: { "content-length": String(bytes.length) } });
}

function bytesOf(content: string | Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}
