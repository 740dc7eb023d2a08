import { isEpackError } from "../errors.ts";
import { ADAPTER } from "../limits.ts";
import type { Capabilities } from "../protocol/mod.ts";
import { confinedHost, NO_GRANTS } from "../sandbox/mod.ts";
import type { DiscoveredAdapter, DiscoverOptions } from "./discover.ts";
import { type ExecutorOptions, queryCapabilities, queryCapabilitiesVerified } from "./executor.ts";
import { Session } from "./session.ts";
import type { Use } from "./uses.ts";

export interface ProbeOptions extends DiscoverOptions {
  uses: readonly Use[];
}

/**
 * The adapters with the capabilities of those that may be started: `probeManaged` is for what is verified or built in, `probePath`
 * for what nothing vouches for. A file whose bytes differ from a pin is never started. What runs is a sealed copy, with no grants
 * and none of its remote's secrets.
 */
export async function probeAdapters(
  adapters: readonly DiscoveredAdapter[],
  options: ProbeOptions,
): Promise<DiscoveredAdapter[]> {
  const answers = [...adapters];
  const left = answers.keys();
  const work = async () => {
    for (const at of left) answers[at] = await probe(answers[at], options);
  };
  const ended = await Promise.allSettled(Array.from({ length: ADAPTER.probesAtOnce }, work));
  for (const end of ended) if (end.status === "rejected") throw end.reason;
  return answers;
}

async function probe(adapter: DiscoveredAdapter, options: ProbeOptions): Promise<DiscoveredAdapter> {
  const ask = questionFor(adapter, options);
  if (ask === undefined) return adapter;
  try {
    const capabilities = await ask();
    return { ...adapter, capabilities, version: capabilities.version ?? adapter.version };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!isEpackError(error)) throw error;
    return { ...adapter, error: error.message, errorCode: error.code };
  }
}

/** How an adapter may be asked; undefined when it may not. */
function questionFor(adapter: DiscoveredAdapter, options: ProbeOptions): (() => Promise<Capabilities>) | undefined {
  const { probeManaged, probePath, env, timeoutMs, signal, tempRoot } = options;
  const { name, binaryPath, status, digest, error } = adapter;
  if (status === "built_in") return probeManaged ? () => builtInCapabilities(name, options) : undefined;
  if (binaryPath === undefined || error !== undefined) return undefined;
  // one that asks to run in namespaces is not asked outside of them
  const asksForConfinement = options.uses.some(({ adapterName, remote }) =>
    adapterName === name && remote?.permissions !== undefined
  );
  const grants = asksForConfinement ? NO_GRANTS : undefined;
  const onLog = (text: string) => options.onLog?.(name, text);
  const executor: ExecutorOptions = { adapterName: name, env, grants, timeoutMs, signal, onLog, tempRoot };
  if (status === "verified" && digest !== undefined) {
    return probeManaged ? () => queryCapabilitiesVerified(binaryPath, digest, executor) : undefined;
  }
  return status === "unverified" && probePath ? () => queryCapabilities(binaryPath, executor) : undefined;
}

async function builtInCapabilities(name: string, { timeoutMs, signal }: ProbeOptions): Promise<Capabilities> {
  const host = await confinedHost({ builtIn: name }, { name, grants: NO_GRANTS, env: {} });
  await using session = await Session.open(host, { name, assurance: "built_in", timeoutMs, signal });
  return session.capabilities;
}
