import * as z from "zod";
import type { Envelope } from "@sigstore/bundle";
import { JsonError, parseJson } from "../codec/mod.ts";
import { TRUST } from "../limits.ts";
import { SignatureError } from "./signature_error.ts";

const PAYLOAD_TYPE = "application/vnd.in-toto+json";

const statement = z.looseObject({
  _type: z.enum(["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"]),
  subject: z.array(z.looseObject({ name: z.string().optional(), digest: z.record(z.string(), z.string()) })).min(1),
  predicateType: z.string().min(1),
  predicate: z.unknown().optional(),
});

/** An in-toto statement: what is said (`predicate`) of which files (`subject`). */
export type Statement = z.infer<typeof statement>;

/** The statement in an envelope: strict JSON, no key twice. @throws SignatureError `payload` */
export function readStatement(envelope: Envelope): Statement {
  const refuse = (detail: string, cause?: unknown) => new SignatureError("payload", detail, { cause });
  if (envelope.payloadType !== PAYLOAD_TYPE) {
    throw refuse(`its type is ${JSON.stringify(envelope.payloadType)}, not ${PAYLOAD_TYPE}`);
  }
  try {
    return statement.parse(parseJson(envelope.payload, { maxBytes: TRUST.bundleBytes, what: "statement" }));
  } catch (error) {
    if (error instanceof JsonError) throw refuse(error.message, error);
    if (!(error instanceof z.ZodError)) throw error;
    const [{ path, message }] = error.issues;
    throw refuse(`${path.map(String).join(".") || "it"}: ${message}`, error);
  }
}
