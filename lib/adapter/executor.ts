import type { Digest } from "../digest/mod.ts";
import type { Capabilities, RequestFields, Result } from "../protocol/mod.ts";
import { ADAPTER } from "../limits.ts";
import {
  adapterEnv,
  type AdapterHost,
  type AdmitOptions,
  admitPinned,
  type Admitted,
  admitUnpinned,
  confinedHost,
  type Env,
  type Grants,
  namespaceHost,
  nativeHost,
  NO_GRANTS,
} from "../sandbox/mod.ts";
import { isModule } from "./resolve.ts";
import { Session, type SessionOptions } from "./session.ts";

export interface ExecutorOptions extends Pick<SessionOptions, "timeoutMs" | "signal" | "onLog"> {
  /** Without `epack-remote-` in front. */
  adapterName: string;
  env: Env;
  /** What a module may do: default nothing. An executable runs in namespaces with just this when it is given, else as it is. */
  grants?: Grants;
  /** Default: the system's temporary folder. */
  tempRoot?: string;
}

/**
 * The specification's Executor: the commands of one adapter as methods. Close it when done.
 *
 * @example
 * ```ts
 * import { newVerifiedExecutor } from "./executor.ts";
 * import { parseDigest } from "../digest/mod.ts";
 * export async function whoAmI(path: string, digest: string) {
 *   await using executor = await newVerifiedExecutor(path, parseDigest(digest), { adapterName: "example", env: {} });
 *   return await executor.authWhoami();
 * }
 * ```
 */
export class Executor implements AsyncDisposable {
  /** A login that was begun and goes on in its process. */
  private login?: AsyncDisposable;

  constructor(private readonly session: Session) {}

  get capabilities(): Capabilities {
    return this.session.capabilities;
  }
  prepare(request: RequestFields<"push.prepare">): Promise<Result<"push.prepare">> {
    return this.session.request("push.prepare", request);
  }
  finalize(request: RequestFields<"push.finalize">): Promise<Result<"push.finalize">> {
    return this.session.request("push.finalize", request);
  }
  pullPrepare(request: RequestFields<"pull.prepare">): Promise<Result<"pull.prepare">> {
    return this.session.request("pull.prepare", request);
  }
  pullFinalize(request: RequestFields<"pull.finalize">): Promise<Result<"pull.finalize">> {
    return this.session.request("pull.finalize", request);
  }
  syncRuns(request: RequestFields<"runs.sync">): Promise<Result<"runs.sync">> {
    return this.session.request("runs.sync", request);
  }
  /** Its process waits on for the user, until `close` or the next login. */
  async authLogin(): Promise<Result<"auth.login">> {
    await this.login?.[Symbol.asyncDispose]();
    const ongoing = await this.session.start("auth.login", {});
    this.login = ongoing;
    return ongoing.result;
  }
  authWhoami(): Promise<Result<"auth.whoami">> {
    return this.session.request("auth.whoami", {});
  }
  /** Ends what runs and removes the sealed copy. Safe to call twice. */
  async close(): Promise<void> {
    await this.login?.[Symbol.asyncDispose]();
    await this.session[Symbol.asyncDispose]();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** An executor for bytes that nobody vouched for: what runs is a sealed copy, but of anything. Development only. */
export async function newExecutor(path: string, options: ExecutorOptions): Promise<Executor> {
  return new Executor(await openSession(await admitUnpinned(path, admission(path, options)), options));
}

/** An executor for the one adapter that has this digest. @throws EpackError `adapter_digest_mismatch` */
export async function newVerifiedExecutor(
  path: string,
  fileDigest: Digest,
  options: ExecutorOptions,
): Promise<Executor> {
  const admitted = await admitPinned(path, { digest: fileDigest }, admission(path, options));
  return new Executor(await openSession(admitted, options));
}

/** What an adapter says that it can do, without verification of its bytes. */
export async function queryCapabilities(path: string, options: ExecutorOptions): Promise<Capabilities> {
  await using executor = await newExecutor(path, options);
  return executor.capabilities;
}

/** What the adapter with this digest says that it can do. */
export async function queryCapabilitiesVerified(
  path: string,
  fileDigest: Digest,
  options: ExecutorOptions,
): Promise<Capabilities> {
  await using executor = await newVerifiedExecutor(path, fileDigest, options);
  return executor.capabilities;
}

function admission(path: string, { tempRoot, signal }: ExecutorOptions): AdmitOptions {
  return { tempRoot, signal, maxBytes: isModule(path) ? ADAPTER.moduleBytes : undefined };
}

async function openSession(admitted: Admitted, options: ExecutorOptions): Promise<Session> {
  const { adapterName: name, timeoutMs, signal, onLog } = options;
  const { assurance, fileDigest: adapterDigest } = admitted;
  const host = await hostOf(admitted, options);
  return await Session.open(host, { name, timeoutMs, signal, onLog, assurance, adapterDigest });
}

async function hostOf(admitted: Admitted, { adapterName: name, ...options }: ExecutorOptions): Promise<AdapterHost> {
  const { grants } = options;
  const env = adapterEnv(options.env);
  if (isModule(admitted.path)) {
    // of the user's variables a module gets those that it is granted by name: here none
    const protocol = { EPACK_REMOTE_PROTOCOL_VERSION: env.EPACK_REMOTE_PROTOCOL_VERSION };
    return await confinedHost({ module: admitted }, { name, grants: grants ?? NO_GRANTS, env: protocol });
  }
  return grants === undefined
    ? nativeHost(admitted, { name, env })
    : await namespaceHost(admitted, { name, grants, env });
}
