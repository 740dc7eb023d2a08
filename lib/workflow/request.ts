import { prepareSession, type PromptInstall, type Session, type VerificationOptions } from "../adapter/mod.ts";
import type { Env, Project, Remote } from "../config/mod.ts";
import { Throttle, type TransferOptions, type TransferSettings } from "../transfer/mod.ts";
import type { LoginRequest } from "./after_login.ts";
import type { Events } from "./events.ts";
import { showWait } from "./retry_request.ts";

/** What every workflow with a remote needs. */
export interface RemoteRequest extends LoginRequest {
  project: Project;
  /** With its environment's changes applied. */
  remote: Remote;
  verification: VerificationOptions;
  /** For each command of the adapter. Default 5 min. */
  timeoutMs?: number;
  /** Retries, stalls and the like. Default: those of `TransferOptions`. */
  transfer?: TransferSettings;
  env: Env;
  signal: AbortSignal;
  events: Events;
  now: () => Date;
  /** Called when the adapter of a source is not installed. */
  promptInstall?: PromptInstall;
}

/** Opens the remote's adapter for a workflow. @throws as `prepareSession` */
export async function openSession(request: RemoteRequest, signal: AbortSignal = request.signal): Promise<Session> {
  const { project, remote, verification, timeoutMs, env, events, promptInstall } = request;
  return await prepareSession(project, remote, {
    ...verification,
    timeoutMs,
    env,
    signal,
    promptInstall,
    onLog: (text) => events.adapterLog(remote.adapterName, text),
  });
}

/** Those of a run share its rate, however many transfers there are. */
const throttles = new WeakMap<TransferSettings, Throttle>();

function throttleOf(settings: TransferSettings): Throttle | undefined {
  if (settings.bytesPerSecond === undefined) return undefined;
  const throttle = throttles.get(settings) ?? new Throttle(settings.bytesPerSecond);
  throttles.set(settings, throttle);
  return throttle;
}

/** How a workflow moves bytes: by the user's settings, shown as it goes. */
export function transferOptions({ env, signal, events, transfer = {} }: RemoteRequest): TransferOptions {
  return {
    retries: transfer.retries,
    idleMs: transfer.idleMs,
    throttle: throttleOf(transfer),
    env,
    signal,
    onWait: showWait(events),
    onProgress: (done, total) => events.progress(done, total),
  };
}

/** How the adapter ran, for results and receipts. */
export function adapterFacts(session: Session) {
  return {
    name: session.capabilities.name,
    version: session.capabilities.version,
    digest: session.adapterDigest,
    assurance: session.assurance,
    confinement: session.confinement,
  };
}
