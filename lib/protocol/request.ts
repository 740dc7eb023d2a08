import type { JsonObject } from "../codec/mod.ts";
import { type Command, PROTOCOL_VERSION } from "./command.ts";
import { REQUESTS, type WireFields, type WireRequest } from "./messages.ts";

/** A request with its envelope and an unguessable id. Fields that are undefined or empty text are left out. */
export function requestFor<Name extends Command>(
  command: Name,
  fields: WireFields<Name>,
  options: { extensions?: JsonObject } = {},
): WireRequest<Name> {
  const extensions = options.extensions && Object.keys(options.extensions).length > 0 ? options.extensions : undefined;
  const request = {
    type: command,
    protocol_version: PROTOCOL_VERSION,
    request_id: crypto.randomUUID(),
    ...fields,
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
