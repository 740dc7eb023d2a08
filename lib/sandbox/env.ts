import { EpackError } from "../errors.ts";

/** The environment variables of the user, as main.ts read them. */
export type Env = Readonly<Record<string, string>>;

/** Handed on from the user's environment when they are set. */
const HANDED_ON = [
  ..."HOME USER LANG LC_ALL LC_CTYPE TZ TMPDIR TEMP TMP TERM NO_COLOR CLICOLOR CLICOLOR_FORCE SSL_CERT_FILE SSL_CERT_DIR"
    .split(" "),
  ..."XDG_CONFIG_HOME XDG_CACHE_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_RUNTIME_DIR".split(" "),
];
const PROXIES = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];

/** The user's own folders come last, if at all: a program of the system cannot be shadowed. */
const SYSTEM_PATH = "/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin";

export interface AdapterEnvOptions {
  /** Variables handed on as they are. */
  secrets?: readonly string[];
  /** The user's PATH instead of the system's. */
  inheritPath?: boolean;
  endpoint?: string;
  authEndpoint?: string;
  fileRoot?: string;
}

/** The whole environment of an adapter: a short list of the user's variables, and what the remote names. */
export function adapterEnv(host: Env, options: AdapterEnvOptions = {}): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of [...HANDED_ON, ...(options.secrets ?? [])]) if (host[name] !== undefined) env[name] = host[name];
  for (const name of PROXIES) if (host[name] !== undefined) env[name] = withoutCredentials(host[name]);
  env.PATH = options.inheritPath && host.PATH ? host.PATH : SYSTEM_PATH;
  env.EPACK_REMOTE_PROTOCOL_VERSION = "1";
  if (options.endpoint !== undefined) env.EPACK_REMOTE_ENDPOINT = options.endpoint;
  if (options.authEndpoint !== undefined) env.EPACK_REMOTE_AUTH_ENDPOINT = options.authEndpoint;
  if (options.fileRoot !== undefined) env.EPACK_REMOTE_FILE_ROOT = options.fileRoot;
  return env;
}

/**
 * Refuses to run an adapter without a variable that was meant for it and that Deno does not let us read; one that is merely not
 * set is left out.
 *
 * @throws EpackError `permission_denied`
 */
export function requireReadable(variables: readonly string[]): void {
  for (const variable of variables) {
    if (Deno.permissions.querySync({ name: "env", variable }).state === "granted") continue;
    throw new EpackError("permission_denied", `a permission is missing: env access to "${variable}"`, {
      origin: "input",
      hint: `allow it with --allow-env=${variable}`,
    });
  }
}

/** A proxy's address without user and password, with a scheme or without one. A password may have any sign, even unescaped. */
function withoutCredentials(proxy: string): string {
  return proxy.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1");
}
