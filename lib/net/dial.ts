import { EpackError } from "../errors.ts";
import { TRANSFER } from "../limits.ts";
import { addressKind } from "./address.ts";
import { addressFault } from "./allowed_address.ts";
import { type Resolve, systemAddresses } from "./resolve.ts";
import type { SafeUrl } from "./safe_url.ts";

export interface DialOptions {
  /** Default: the system's. */
  resolve?: Resolve;
  signal: AbortSignal;
}

/**
 * Connects to the host of an adapter's URL. Its name is resolved once; one forbidden address among those it has refuses it, and
 * the connection goes to one of those that were judged: a name that means something else a moment later changes nothing. The
 * address that answered is judged again, before a byte is sent.
 *
 * @throws EpackError `url_refused`; what Deno throws for a failed connection; the signal's reason
 */
export async function dial(url: SafeUrl, options: DialOptions): Promise<Deno.TcpConn> {
  const { hostname, port, rules } = url;
  const judge = (address: string) => {
    const fault = addressFault(address, { ...rules, hostname });
    if (fault === undefined) return;
    throw new EpackError("url_refused", `${url.shown} is refused: its host is at ${address}, and ${fault}`, {
      origin: "adapter",
    });
  };
  const addresses = addressKind(hostname) === undefined
    ? await abortable((options.resolve ?? systemAddresses)(hostname), options.signal)
    : [hostname];
  for (const address of addresses) if (addressKind(address) !== undefined) judge(address);
  const connection = await connectToFirst(addresses, { port, signal: options.signal });
  try {
    judge(connection.remoteAddr.hostname);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Tries one address after the other, the next one early where one does not answer (RFC 8305). */
export async function connectToFirst(
  addresses: readonly string[],
  options: { port: number; signal: AbortSignal },
): Promise<Deno.TcpConn> {
  if (addresses.length === 0) throw new Error("the name has no address");
  const over = new AbortController();
  const signal = AbortSignal.any([options.signal, over.signal]);
  let turn: Promise<unknown> = Promise.resolve();
  const attempts = addresses.slice(0, TRANSFER.addresses).map((hostname) => {
    const attempt = turn.then(() => {
      signal.throwIfAborted();
      return Deno.connect({ hostname, port: options.port, signal });
    });
    turn = turn.then(() => Promise.race([attempt.catch(() => {}), pause(TRANSFER.nextAddressMs, signal)]));
    return attempt;
  });
  try {
    const first = await Promise.any(attempts);
    for (const attempt of attempts) {
      attempt.then((late) => {
        if (late !== first) late.close();
      }, () => {});
    }
    return first;
  } catch (error) {
    options.signal.throwIfAborted();
    throw error instanceof AggregateError ? error.errors[0] : error;
  } finally {
    over.abort();
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const end = () => {
    clearTimeout(timer);
    resolve();
  };
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  return promise;
}

/** For what cannot be stopped: its result is no longer waited for. */
async function abortable<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
