import { showText } from "../codec/mod.ts";
import { type Env, type Project, type Remote } from "../config/mod.ts";
import { EpackError } from "../errors.ts";
import { ADAPTER } from "../limits.ts";
import {
  adapterEnv,
  type AdapterHost,
  admitPinned,
  type Admitted,
  admitUnpinned,
  confinedHost,
  namespaceHost,
  nativeHost,
} from "../sandbox/mod.ts";
import { BUILD_FACTS } from "../version.ts";
import { redact } from "../net/mod.ts";
import { chooseAdapter, requireAllowed } from "./choose.ts";
import { checkGrants, grantedEnv, grantsOf } from "./grants.ts";
import type { VerificationOptions } from "./policy.ts";
import type { PromptInstall } from "./resolve.ts";
import { Session, type SessionOptions } from "./session.ts";

export interface PrepareOptions extends VerificationOptions, Pick<SessionOptions, "timeoutMs" | "signal" | "onLog"> {
  /** The user's environment. */
  env: Env;
  /** Default: the system's temporary folder. */
  tempRoot?: string;
  /** Called when the adapter of a source is not installed. Default: nobody is asked. */
  promptInstall?: PromptInstall;
}

/**
 * Resolves, checks, admits and starts a remote's adapter, and asks for its capabilities (PrepareAdapterExecutor of the
 * specification). It fails closed: what is not pinned does not run without the user's word for it.
 *
 * @throws EpackError `adapter_not_installed`, `adapter_not_pinned`, `adapter_digest_mismatch`, `lockfile_invalid`,
 *   `lockfile_mismatch`, `insecure_refused`, and what {@link Session.open} throws
 */
export async function prepareSession(project: Project, remote: Remote, options: PrepareOptions): Promise<Session> {
  requireAllowed(remote, options);
  const env = adapterEnv(options.env, {
    secrets: remote.secrets,
    inheritPath: remote.inheritPath,
    endpoint: remote.endpoint,
    authEndpoint: remote.authEndpoint,
    fileRoot: remote.transport.fileRoot,
  });
  const secrets = [...remote.secrets, ...remote.permissions?.env ?? []].map((name) => options.env[name]).filter((
    value,
  ) => value !== undefined);
  const clean = (text: string) => showText(redact(text, { secrets }), { maxChars: ADAPTER.errorMessageChars });
  const session: Omit<SessionOptions, "assurance"> = {
    name: remote.adapterName,
    extensions: remote.extensions,
    timeoutMs: options.timeoutMs,
    signal: options.signal,
    onLog: options.onLog,
    secrets,
    loginCommand: `epack remote login ${remote.name}`,
  };
  if (remote.kind === "built_in") {
    const grants = await builtInGrants(remote);
    const host = await confinedHost({ builtIn: remote.adapterName }, { name: remote.adapterName, grants, env, clean });
    const adapterDigest = BUILD_FACTS?.adapters[remote.adapterName];
    return await Session.open(host, { ...session, assurance: "built_in", adapterDigest });
  }
  const { path, pin, isModule, maxBytes } = await chooseAdapter(project, remote, options);
  const admit = { tempRoot: options.tempRoot, signal: options.signal, maxBytes };
  const admitted = pin === undefined ? await admitUnpinned(path, admit) : await admitPinned(path, pin, admit);
  const known = { ...session, assurance: admitted.assurance, adapterDigest: admitted.fileDigest };
  return await Session.open(
    await hostOf(admitted, { project, remote, isModule, env, user: options.env, clean, signal: options.signal }),
    known,
  );
}

interface HostOptions {
  project: Project;
  remote: Remote;
  isModule: boolean;
  /** Of a native adapter. */
  env: Record<string, string>;
  user: Env;
  clean: (text: string) => string;
  signal?: AbortSignal;
}

/** Starts an admitted adapter the way its remote asks for: a module confined, a native one in namespaces or as it is. */
async function hostOf(admitted: Admitted, options: HostOptions): Promise<AdapterHost> {
  const { project, remote, isModule, env, user, clean } = options;
  const name = remote.adapterName;
  if (!isModule && remote.permissions === undefined) return nativeHost(admitted, { name, env });
  const grants = grantsOf(project, remote);
  try {
    await checkGrants(remote, grants, options);
  } catch (error) {
    admitted[Symbol.dispose]();
    throw error;
  }
  if (!isModule) {
    const variables = { ...env, ...grantedEnv(remote, env, { user }) };
    return await namespaceHost(admitted, { name, grants, env: variables });
  }
  return await confinedHost({ module: admitted }, { name, grants, env: grantedEnv(remote, env, { user }), clean });
}

/** @throws EpackError `config_invalid` */
export function requireFileRoot(remote: Remote): string {
  const root = remote.transport.fileRoot;
  if (root !== undefined) return root;
  throw new EpackError(
    "config_invalid",
    `remote "${remote.name}" uses the filesystem adapter and has no transport.file_root`,
    {
      origin: "project",
      hint: "name the folder that keeps the releases: transport: {file_root: /path}",
    },
  );
}

/** The filesystem adapter may read and write below its root, and nothing else. The root is made when it is missing. */
async function builtInGrants(remote: Remote) {
  const root = requireFileRoot(remote);
  try {
    const there = await Deno.stat(root).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    if (there === undefined) await Deno.mkdir(root, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new EpackError(
      "io",
      `the file root ${JSON.stringify(root)} of remote "${remote.name}" cannot be made: ${
        error instanceof Error ? error.message : error
      }`,
      {
        origin: "project",
        cause: error,
      },
    );
  }
  return { read: [root], write: [root], net: [], sys: [] };
}
