/** The services of an authority of our own on loopback: certificates, transparency log, time-stamps. */
import { createHash } from "node:crypto";
import { fulcioHandler, rekorHandler, tsaHandler } from "@sigstore/mock";
import { type Received, type WebServer, webServer } from "../servers/web_server.ts";
import type { Authority } from "./authority.ts";

export const TOKEN_ISSUER = "https://sso.example.test";
export const TOKEN_SUBJECT = "https://example.test/ci/evidence";

/** A token as an OpenID provider issues it; nobody checks its signature here. */
export function tokenOf(change: Record<string, unknown> = {}): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const exp = Math.floor(Date.now() / 1000) + 600;
  const claims = { iss: TOKEN_ISSUER, sub: TOKEN_SUBJECT, aud: "sigstore", exp, ...change };
  return [part({ alg: "ES256", typ: "JWT" }), part(claims), Buffer.from("a signature").toString("base64url")].join(".");
}

/** `instead` may answer a request in the services' place. */
export function sigstoreServer(
  authority: Authority,
  instead: (request: Received) => Response | Promise<Response> | undefined = () => undefined,
): WebServer {
  const rekor = rekorHandler(authority.tlog);
  const handlers = [fulcioHandler(authority.ca), tsaHandler(authority.tsa), {
    ...rekor,
    fn: (body: string) => rekor.fn(JSON.stringify(asStored(JSON.parse(body)))),
  }];
  return webServer(async (request) => {
    const handler = handlers.find(({ path }) => path === request.path);
    const other = instead(request);
    if (other !== undefined) return await other;
    if (handler === undefined) return new Response("nothing here", { status: 404 });
    const { statusCode, response, contentType } = await handler.fn(new TextDecoder().decode(request.body));
    const body = typeof response === "string"
      ? response
      : new Uint8Array(response.buffer, response.byteOffset, response.byteLength);
    return new Response(body, { status: statusCode, headers: { "content-type": contentType ?? "text/plain" } });
  });
}

interface ProposedEntry {
  kind: string;
  apiVersion: string;
  spec: { proposedContent: { envelope: string; verifiers: string[] } };
}

/** A log keeps digests and signatures of the envelope that it is sent; the mock's keeps what it gets. */
function asStored({ kind, apiVersion, spec: { proposedContent } }: ProposedEntry) {
  const { envelope, verifiers: [verifier] } = proposedContent;
  const { payload, signatures }: { payload: string; signatures: { sig: string }[] } = JSON.parse(envelope);
  const hash = (bytes: string | Uint8Array) => ({
    algorithm: "sha256",
    value: createHash("sha256").update(bytes).digest("hex"),
  });
  return {
    kind,
    apiVersion,
    spec: {
      envelopeHash: hash(envelope),
      payloadHash: hash(Buffer.from(payload, "base64")),
      signatures: signatures.map(({ sig }) => ({ signature: sig, verifier })),
    },
  };
}
