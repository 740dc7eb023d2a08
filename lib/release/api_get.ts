import { EpackError } from "../errors.ts";
import { RELEASE, TRANSFER } from "../limits.ts";
import { type HttpAnswer, httpExchange, redactUrl, type Resolve, safeUrl } from "../net/mod.ts";
import { type Attempt, networkError } from "./attempts.ts";
import type { GithubPlace } from "./github_place.ts";

export interface ApiGetOptions extends Attempt {
  /** For proxies and SSL_CERT_FILE. */
  env: Readonly<Record<string, string>>;
  resolve?: Resolve;
  headers: Readonly<Record<string, string>>;
  /** For messages. */
  what: string;
  /** It may be served from another host of the place. Default: from the API alone. */
  isAsset?: boolean;
}

/** An answer that is no redirect. */
export interface ApiAnswer extends Omit<HttpAnswer, "sentAll"> {
  /** Where it came from at last. */
  readonly url: URL;
  /** The beginning of its body, for a message. */
  bodyStart(): Promise<string>;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * One GET at the API, with its redirects. Each of them is judged, and the token goes to the API's own origin alone.
 *
 * @throws EpackError `url_refused`, `network`, `transfer_failed`; the attempt's reason when it was ended
 */
export async function apiGet(place: GithubPlace, path: string, options: ApiGetOptions): Promise<ApiAnswer> {
  const { what, signal } = options;
  let url = new URL(`${place.apiUrl}${path}`);
  for (let hop = 0; hop <= RELEASE.redirects; hop++) {
    const answer = await ask(place, url, options);
    const location = answer.headers.get("location");
    if (!REDIRECTS.has(answer.status) || location === undefined) {
      const read = async (into: Uint8Array) => {
        try {
          return await answer.read(into);
        } catch (error) {
          throw networkError(error, { what, signal });
        }
      };
      const { status, headers, sizeBytes } = answer;
      const bodyStart = () => startOf(read);
      return { status, headers, sizeBytes, url, read, bodyStart, [Symbol.dispose]: () => answer[Symbol.dispose]() };
    }
    answer[Symbol.dispose]();
    url = target(place, location, { ...options, from: url });
  }
  throw new EpackError("transfer_failed", `${what}: ${place.shown} redirects more than ${RELEASE.redirects} times`, {
    origin: "remote",
  });
}

async function ask(place: GithubPlace, url: URL, options: ApiGetOptions): Promise<HttpAnswer> {
  const headers: Record<string, string> = { ...options.headers };
  if (place.token !== undefined && url.origin === place.origin) headers.Authorization = `Bearer ${place.token}`;
  try {
    return await httpExchange(
      safeUrl(url.href, { allowLoopbackHttp: place.loopbackHttp }),
      { method: "GET", headers },
      {
        env: options.env,
        resolve: options.resolve,
        signal: options.signal,
        onMoved: options.touch,
      },
    );
  } catch (error) {
    throw networkError(error, options);
  }
}

/** Where a redirect leads, when it may. */
function target(place: GithubPlace, location: string, options: ApiGetOptions & { from: URL }): URL {
  const refuse = (why: string, hint?: string) =>
    new EpackError("url_refused", `${options.what}: ${place.shown} redirects to ${why}`, { origin: "remote", hint });
  if (/[\u0000-\u0020\u007f\\]/.test(location) || !URL.canParse(location, options.from.href)) {
    throw refuse("what is no address");
  }
  const url = new URL(location, options.from.href);
  // with its slash, so that the API is no beginning of another host or of a user
  const isApi = url.href.startsWith(`${place.apiUrl}/`);
  if (isApi || options.isAsset && place.mayServeAssets(url)) return url;
  throw refuse(
    `${redactUrl(url.href)}, which is none of its hosts`,
    options.isAsset && place.origin !== "https://api.github.com" && url.protocol === "https:"
      ? "if the server keeps its files there, name the host in EPACK_GITHUB_ASSET_HOSTS"
      : undefined,
  );
}

/** What cannot be read of it is left out. */
async function startOf(read: HttpAnswer["read"]): Promise<string> {
  const bytes = new Uint8Array(TRANSFER.errorBodyBytes);
  let filled = 0;
  while (filled < bytes.length) {
    const count = await read(bytes.subarray(filled)).catch(() => null);
    if (count === null) break;
    filled += count;
  }
  return new TextDecoder().decode(bytes.subarray(0, filled));
}
