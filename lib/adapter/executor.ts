import type { Digest } from "../digest/mod.ts";
import type { Capabilities, RequestFields, Result } from "../protocol/mod.ts";
import { adapterEnv, admitPinned, admitUnpinned, type Env, nativeHost } from "../sandbox/mod.ts";
import { Session, type SessionOptions } from "./session.ts";

export interface ExecutorOptions extends Pick<SessionOptions, "timeoutMs" | "signal" | "onLog"> {
  /** Without `epack-remote-` in front. */
  adapterName: string;
  env: Env;
}

/**
 * The specification's Executor: the commands of one native adapter as methods. Close it when done.
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
  authLogin(): Promise<Result<"auth.login">> {
    return this.session.request("auth.login", {});
  }
  authWhoami(): Promise<Result<"auth.whoami">> {
    return this.session.request("auth.whoami", {});
  }
  /** Ends what runs and removes the sealed copy. Safe to call twice. */
  close(): Promise<void> {
    return this.session[Symbol.asyncDispose]();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** An executor for bytes that nobody vouched for: what runs is a sealed copy, but of anything. Development only. */
export async function newExecutor(path: string, options: ExecutorOptions): Promise<Executor> {
  return new Executor(await openSession(await admitUnpinned(path, options), options));
}

/** An executor for the one adapter that has this digest. @throws EpackError `adapter_digest_mismatch` */
export async function newVerifiedExecutor(
  path: string,
  fileDigest: Digest,
  options: ExecutorOptions,
): Promise<Executor> {
  return new Executor(await openSession(await admitPinned(path, { digest: fileDigest }, options), options));
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

function openSession(admitted: Awaited<ReturnType<typeof admitUnpinned>>, options: ExecutorOptions): Promise<Session> {
  const { adapterName: name, env, ...rest } = options;
  return Session.open(nativeHost(admitted, { name, env: adapterEnv(env) }), {
    ...rest,
    name,
    assurance: admitted.assurance,
    adapterDigest: admitted.fileDigest,
  });
}
