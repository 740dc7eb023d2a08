import type { Session } from "../adapter/mod.ts";
import { EpackError } from "../errors.ts";
import { UPLOAD } from "../limits.ts";
import { safeHeaders, safeUrl } from "../net/mod.ts";
import { assertNotExpired, type PartAddress, protocolError, type RequestFields } from "../protocol/mod.ts";
import type { DigestedPart, Endpoint } from "../transfer/mod.ts";
import type { RemoteRequest } from "./request.ts";
import { requestWithRetries } from "./retry_request.ts";

type PartEndpoint = Endpoint & { expiresAt?: string };

/**
 * The addresses of an upload's parts: asked for some at a time, in one request after the other, and anew when their time is over.
 *
 * @param options.parts those that will be sent
 * @throws EpackError `adapter_protocol`, `url_refused`, and as adapters answer
 */
export function partAddresses(session: Session, options: {
  upload: Omit<RequestFields<"upload.parts">, "parts">;
  parts: readonly DigestedPart[];
  request: RemoteRequest;
}): (part: DigestedPart, how: { renew: boolean }) => Promise<PartEndpoint> {
  const { upload, parts, request } = options;
  const unasked = new Set(parts);
  const known = new Map<number, PartEndpoint>();
  const ask = async (part: DigestedPart) => {
    unasked.delete(part);
    const wanted = [part, ...[...unasked].slice(0, UPLOAD.addressesAtOnce - 1)];
    for (const one of wanted) unasked.delete(one);
    const asked = wanted.map(({ number, sizeBytes, digest }) => ({ number, sizeBytes, digest }));
    const reply = await requestWithRetries(session, "upload.parts", { fields: { ...upload, parts: asked }, request });
    requireEach(asked, reply.parts, session.name);
    for (const address of reply.parts) known.set(address.number, endpointOf(address, { session, request }));
  };
  let last: Promise<void> = Promise.resolve();
  return async (part, { renew }) => {
    const turn = last.then(async () => {
      if (renew || !isUsable(known.get(part.number), request.now())) await ask(part);
    });
    // one that fails does not fail those behind it
    last = turn.catch(() => {});
    await turn;
    const endpoint = known.get(part.number);
    if (endpoint === undefined) throw new EpackError("internal", `part ${part.number} has no address`);
    return endpoint;
  };
}

function isUsable(endpoint: PartEndpoint | undefined, now: Date): boolean {
  return endpoint !== undefined && (endpoint.expiresAt === undefined || Date.parse(endpoint.expiresAt) > now.getTime());
}

function requireEach(asked: readonly { number: number }[], given: readonly PartAddress[], adapterName: string): void {
  const wrong = (reason: string) => protocolError(adapterName, "upload.parts", { reason });
  const wanted = new Set(asked.map(({ number }) => number));
  for (const { number } of given) {
    if (!wanted.delete(number)) {
      throw wrong(`it gave an address for part ${number}, which was not asked for or given twice`);
    }
  }
  for (const number of wanted) throw wrong(`it gave no address for part ${number}`);
}

function endpointOf(
  { method, url: text, headers: given, expiresAt }: PartAddress,
  { session, request }: { session: Session; request: RemoteRequest },
): PartEndpoint {
  assertNotExpired(expiresAt, { now: request.now(), what: "upload", adapterName: session.name });
  const headers = safeHeaders(given);
  const { fileRoot: _none, ...rules } = request.remote.transport;
  return { url: safeUrl(text, { ...rules, headers: given }), method, headers, expiresAt };
}
