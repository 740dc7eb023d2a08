import { resolve } from "node:path";
import { type Env, type Project, type Remote } from "../config/mod.ts";
import { EpackError } from "../errors.ts";
import { ADAPTER } from "../limits.ts";
import { checkAlignment, currentPlatform, type Lock, pinFor, readLock } from "../lockfile/mod.ts";
import { adapterEnv, admitPinned, admitUnpinned, confinedHost, nativeHost, requireReadable } from "../sandbox/mod.ts";
import { BUILD_FACTS } from "../version.ts";
import { checkAdapterSecurity, checkOverrides, type VerificationOptions } from "./policy.ts";
import { resolveAdapterPath } from "./resolve.ts";
import { Session, type SessionOptions } from "./session.ts";

export interface PrepareOptions extends VerificationOptions, Pick<SessionOptions, "timeoutMs" | "signal" | "onLog"> {
  /** The user's environment. */
  env: Env;
  /** Default: the system's temporary folder. */
  tempRoot?: string;
}

/**
 * Resolves, checks, admits and starts a remote's adapter, and asks for its capabilities (PrepareAdapterExecutor of the
 * specification). It fails closed: what is not pinned does not run without the user's word for it.
 *
 * @throws EpackError `adapter_not_installed`, `adapter_not_pinned`, `adapter_digest_mismatch`, `lockfile_invalid`,
 *   `lockfile_mismatch`, `insecure_refused`, and what {@link Session.open} throws
 */
export async function prepareSession(project: Project, remote: Remote, options: PrepareOptions): Promise<Session> {
  checkOverrides(remote, options);
  requireReadable([...remote.secrets, ...remote.permissions?.env ?? []]);
  const env = adapterEnv(options.env, {
    secrets: remote.secrets,
    inheritPath: remote.inheritPath,
    endpoint: remote.endpoint,
    authEndpoint: remote.authEndpoint,
    fileRoot: remote.transport.fileRoot,
  });
  const session: Omit<SessionOptions, "assurance"> = {
    name: remote.adapterName,
    extensions: remote.extensions,
    timeoutMs: options.timeoutMs,
    signal: options.signal,
    onLog: options.onLog,
    secrets: remote.secrets.map((name) => options.env[name]).filter((value) => value !== undefined),
  };
  if (remote.kind === "built_in") {
    const grants = await builtInGrants(remote);
    const host = await confinedHost({ builtIn: remote.adapterName }, { name: remote.adapterName, grants, env });
    const adapterDigest = BUILD_FACTS?.adapters[remote.adapterName];
    return await Session.open(host, { ...session, assurance: "built_in", adapterDigest });
  }
  const lock = await readLock(project.lockPath);
  const pin = pinFor(lock, remote.name, { platform: currentPlatform() });
  requireAligned(remote, lock);
  const path = await resolveAdapterPath(project, remote);
  await checkAdapterSecurity(remote, path, { ...options, pin });
  const isModule = /\.m?js$/.test(path);
  const admit = {
    tempRoot: options.tempRoot,
    signal: options.signal,
    maxBytes: isModule ? ADAPTER.moduleBytes : undefined,
  };
  const admitted = pin === undefined ? await admitUnpinned(path, admit) : await admitPinned(path, pin, admit);
  const known = { ...session, assurance: admitted.assurance, adapterDigest: admitted.fileDigest };
  if (isModule) {
    const { net = [], read = [], write = [], sys = [], env: names = [] } = remote.permissions ?? {};
    const granted = Object.fromEntries(
      [...names, ...remote.secrets].filter((name) => options.env[name] !== undefined).map((
        name,
      ) => [name, options.env[name]]),
    );
    // folders are the project's, as everything else in its files
    const [readable, writable] = [read, write].map((folders) => folders.map((path) => resolve(project.root, path)));
    const host = await confinedHost({ module: admitted }, {
      name: remote.adapterName,
      grants: { net, read: readable, write: writable, sys },
      env: { ...protocolOnly(env), ...granted },
    });
    return await Session.open(host, known);
  }
  if (remote.permissions !== undefined) {
    admitted[Symbol.dispose]();
    throw new EpackError(
      "unsupported",
      `remote "${remote.name}" has permissions:, and this version does not confine native adapters`,
      {
        origin: "project",
        hint: "take permissions: away to run it unconfined, or use a module adapter (.js)",
      },
    );
  }
  return await Session.open(nativeHost(admitted, { name: remote.adapterName, env }), known);
}

/** A module gets what the protocol gives and what it was granted by name, not the user's other variables. */
function protocolOnly(env: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith("EPACK_REMOTE_")));
}

function requireAligned(remote: Remote, lock: Lock | undefined): void {
  if (lock !== undefined && Object.hasOwn(lock.remotes, remote.name)) checkAlignment(remote, lock.remotes[remote.name]);
}

/** The filesystem adapter may read and write below its root, and nothing else. The root is made when it is missing. */
async function builtInGrants(remote: Remote) {
  const root = remote.transport.fileRoot;
  if (root === undefined) {
    throw new EpackError(
      "config_invalid",
      `remote "${remote.name}" uses the filesystem adapter and has no transport.file_root`,
      {
        origin: "project",
        hint: "name the folder that keeps the releases: transport: {file_root: /path}",
      },
    );
  }
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
