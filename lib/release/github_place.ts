import { EpackError } from "../errors.ts";

/** Where the API is, what it may lead to, and the token that only it gets. */
export interface GithubPlace {
  /** Without a slash at its end. */
  readonly apiUrl: string;
  readonly origin: string;
  /** For messages: the host. */
  readonly shown: string;
  /** Of GITHUB_TOKEN: goes to `origin` alone, never over http but to this machine. */
  readonly token?: string;
  /** A server on this machine, by http: a test's. */
  readonly loopbackHttp: boolean;
  /** Whether an asset may be fetched from there. */
  mayServeAssets(url: URL): boolean;
}

const PUBLIC_API = "https://api.github.com";
const PUBLIC_HOSTS = new Set([
  "github.com",
  "api.github.com",
  "objects.githubusercontent.com",
  "github-releases.githubusercontent.com",
  "release-assets.githubusercontent.com",
]);
const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

/**
 * The place that EPACK_GITHUB_API_URL names (https://ghe.example.com/api/v3), or the public one.
 *
 * Assets of the public one come from its own hosts alone. Those of an Enterprise server come from its host, from hosts below it
 * (media.ghe.example.com), below a tenant of ghe.com, and from the hosts that EPACK_GITHUB_ASSET_HOSTS names (with commas): a
 * store of its administrator's. Those of a server on this machine come from this machine.
 *
 * @throws EpackError `usage` about a variable; `insecure_refused` for http under EPACK_STRICT_PRODUCTION
 */
export function githubPlace(env: Readonly<Record<string, string>>): GithubPlace {
  const url = apiUrlOf(env.EPACK_GITHUB_API_URL || PUBLIC_API);
  const loopback = LOOPBACK.has(url.hostname);
  if (url.protocol === "http:" && /^(?:1|true)$/i.test(env.EPACK_STRICT_PRODUCTION ?? "")) {
    throw new EpackError("insecure_refused", "EPACK_GITHUB_API_URL is http, and EPACK_STRICT_PRODUCTION is set", {
      origin: "input",
    });
  }
  const named = assetHosts(env.EPACK_GITHUB_ASSET_HOSTS ?? "");
  const tenant = url.hostname.match(/^api\.([a-z0-9-]+\.ghe\.com)$/)?.[1];
  const above = [url.hostname, tenant].filter((host) => host !== undefined);
  return {
    apiUrl: url.href.replace(/\/+$/, ""),
    origin: url.origin,
    shown: url.host,
    token: tokenOf(env.GITHUB_TOKEN),
    loopbackHttp: url.protocol === "http:",
    mayServeAssets(asset) {
      if (asset.username !== "" || asset.password !== "") return false;
      if (loopback) {
        return LOOPBACK.has(asset.hostname) && (asset.protocol === "https:" || asset.protocol === url.protocol);
      }
      if (asset.protocol !== "https:") return false;
      if (url.origin === PUBLIC_API) return PUBLIC_HOSTS.has(asset.host);
      return asset.origin === url.origin || named.has(asset.host) ||
        asset.port === "" && above.some((host) => asset.hostname === host || asset.hostname.endsWith(`.${host}`));
    },
  };
}

function apiUrlOf(text: string): URL {
  const refuse = (why: string) =>
    new EpackError("usage", `EPACK_GITHUB_API_URL ${why}`, {
      origin: "input",
      hint: "it is an address such as https://github.example.com/api/v3",
    });
  if (/[\u0000-\u0020\u007f\\]/.test(text) || !URL.canParse(text)) throw refuse("is no address");
  const url = new URL(text);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && LOOPBACK.has(url.hostname))) {
    throw refuse("is not https");
  }
  if (url.username !== "" || url.password !== "") throw refuse("has a user or a password in it");
  if (url.search !== "" || url.hash !== "") throw refuse("has a query or a fragment");
  return url;
}

function assetHosts(list: string): Set<string> {
  const hosts = list.split(",").map((host) => host.trim().toLowerCase()).filter((host) => host !== "");
  const wrong = hosts.find((host) => !/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?$/.test(host));
  if (wrong !== undefined) {
    throw new EpackError("usage", `EPACK_GITHUB_ASSET_HOSTS has ${JSON.stringify(wrong)}, which is no host`, {
      origin: "input",
      hint: "it is a list of names such as objects.example.com,store.example.com:8443",
    });
  }
  return new Set(hosts.map((host) => host.replace(/:443$/, "")));
}

/** What is no token would be sent as a broken header, or as two. */
function tokenOf(text: string | undefined): string | undefined {
  const token = text?.trim();
  if (token === undefined || token === "") return undefined;
  if (/^[\u0021-\u007e]{1,8192}$/.test(token)) return token;
  throw new EpackError("usage", "GITHUB_TOKEN is no token: it has spaces or other characters that none has", {
    origin: "input",
  });
}
