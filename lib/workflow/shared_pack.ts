import { openPack, type Pack, requireCheckable } from "../pack/mod.ts";
import type { Events } from "./events.ts";
import type { RemoteRequest } from "./request.ts";
import { proveSendable, type Sendable } from "./sendable.ts";

interface Proof {
  result: Promise<Sendable>;
  watchers: Set<Events>;
  /** How far it is, for who comes later. */
  reached?: [doneBytes: number, totalBytes: number];
  stop: AbortController;
}

/** One pack of several pushes: opened, verified and hashed once, when the first of them needs it, and closed after the last. */
export class SharedPack {
  private opened?: Promise<Pack>;
  private proof?: Proof;

  /**
   * @param users how many pushes will call {@link release}
   * @param options.signal of all of them
   */
  constructor(readonly path: string, private users: number, private readonly options: { signal: AbortSignal }) {}

  /** @throws as `openPack`, every time */
  open(): Promise<Pack> {
    return this.opened ??= openPack(this.path, this.options);
  }

  /** All who wait see the progress; when nobody waits any more it ends. @throws as `verifyForPush`; the signal's reason */
  async verified({ remote, events, signal }: Pick<RemoteRequest, "remote" | "events" | "signal">): Promise<Sendable> {
    const pack = await this.open();
    signal.throwIfAborted();
    requireCheckable(pack, { integrityOnly: !remote.verify.strict });
    const proof = this.proof ??= prove(pack);
    proof.watchers.add(events);
    if (proof.reached !== undefined) events.progress(...proof.reached);
    return await new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => {
        proof.watchers.delete(events);
        if (proof.watchers.size === 0) {
          proof.stop.abort(signal.reason);
          // who comes later begins anew
          if (this.proof === proof) this.proof = undefined;
        }
        reject(signal.reason);
      }, { once: true });
      proof.result.then(resolve, reject);
    });
  }

  /** One of the pushes is over. */
  async release(): Promise<void> {
    this.users--;
    if (this.users > 0 || this.opened === undefined) return;
    const pack = await this.opened.catch(() => undefined);
    await this.proof?.result.catch(() => undefined);
    pack?.[Symbol.dispose]();
  }
}

function prove(pack: Pack): Proof {
  const stop = new AbortController();
  const result = proveSendable(pack, {
    signal: stop.signal,
    onProgress(done, total) {
      proof.reached = [done, total];
      for (const events of proof.watchers) events.progress(done, total);
    },
  });
  const proof: Proof = { result, watchers: new Set(), stop };
  return proof;
}
