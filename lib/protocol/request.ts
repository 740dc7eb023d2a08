import type { JsonObject } from "../codec/mod.ts";
import { toWire } from "./case.ts";
import { type Command, PROTOCOL_VERSION } from "./command.ts";
import { type RequestFields, REQUESTS, type WireRequest } from "./messages.ts";

/** A request in the wire's form, with its envelope and an unguessable id. Fields that are undefined or empty text are left out. */
export function requestFor<Name extends Command>(
  command: Name,
  fields: RequestFields<Name>,
  options: { extensions?: JsonObject } = {},
): WireRequest<Name> {
  const extensions = options.extensions && Object.keys(options.extensions).length > 0 ? options.extensions : undefined;
  const request = {
    type: command,
    protocol_version: PROTOCOL_VERSION,
    request_id: crypto.randomUUID(),
    ...toWire(fields),
    extensions,
  };
  return REQUESTS[command].parse(withoutBlanks(request)) as WireRequest<Name>;
}

function withoutBlanks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutBlanks);
  if (value === null || typeof value !== "object") return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== undefined && inner !== "");
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutBlanks(inner)]));
}
