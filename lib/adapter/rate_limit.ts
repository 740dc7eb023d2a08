import { TokenBucket } from "limiter";
import { ADAPTER } from "../limits.ts";

/** One bucket for all adapters of this process. */
const bucket = new TokenBucket({
  bucketSize: ADAPTER.startsBurst,
  tokensPerInterval: ADAPTER.startsPerSecond,
  interval: "second",
});
bucket.content = ADAPTER.startsBurst;

/** Waits for a turn to call an adapter: ten a second, bursts of five. */
export async function adapterTurn(signal?: AbortSignal): Promise<void> {
  await bucket.removeTokens(1);
  signal?.throwIfAborted();
}
