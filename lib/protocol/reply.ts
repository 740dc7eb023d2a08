import * as z from "zod";
import { type JsonObject, type JsonValue, parseJson, showText } from "../codec/mod.ts";
import { ADAPTER } from "../limits.ts";
import { AdapterError, errorInfo } from "./adapter_error.ts";
import { fromWire } from "./case.ts";
import type { Command } from "./command.ts";
import { type Result, RESULTS } from "./messages.ts";
import { protocolError, reasonOf } from "./protocol_error.ts";

export interface ReplyOptions<Name extends Command> {
  command: Name;
  /** The request's own id. */
  requestId: string;
  adapterName: string;
  /** Of the process; a result counts only with 0, an error answer with any. Default 0. */
  exitCode?: number;
  /** Takes secrets out of what is said of the answer. Default: nothing is taken out. */
  redact?: (text: string) => string;
  /** What logs in to the remote, as a hint where the answer asks for that. */
  loginCommand?: string;
}

/**
 * Reads the answer to a command: strict about type, id, `ok`, sizes, digests and times, tolerant in shape.
 *
 * @throws AdapterError for an error answer; EpackError `adapter_protocol` for anything that is no proper answer
 */
export function parseReply<Name extends Command>(bytes: Uint8Array, options: ReplyOptions<Name>): Result<Name> {
  const { command, adapterName, exitCode = 0, redact = asItIs } = options;
  const wrong = (reason: string, cause?: unknown) =>
    protocolError(adapterName, command, { reason: redact(reason), cause });
  let value: JsonValue;
  try {
    value = parseJson(bytes, {
      maxBytes: ADAPTER.responseBytes,
      maxDepth: ADAPTER.responseDepth,
      maxValues: ADAPTER.responseValues,
      what: "the answer",
    });
  } catch (error) {
    throw wrong(bytes.length === 0 ? "it printed nothing" : reasonOf(error), error);
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw wrong("the answer is no JSON object");
  if (value.ok === false) throw errorAnswer(value, options);
  if (value.ok !== true) throw wrong("ok is neither true nor false");
  if (value.error !== undefined && value.error !== null) throw wrong("ok is true beside an error");
  // adapters made with the Go kit answer with the bare command
  if (value.type !== `${command}.result` && value.type !== command) throw wrong(`its type is ${said(value.type)}`);
  if (value.request_id !== options.requestId) {
    throw wrong(`its request_id is ${said(value.request_id)}, not the request's own`);
  }
  if (exitCode !== 0) throw wrong(`it gave a result and ended with exit code ${exitCode}`);
  const parsed = RESULTS[command].safeParse(value);
  if (!parsed.success) throw wrong(reasonOf(parsed.error));
  return fromWire(parsed.data) as Result<Name>;
}

function errorAnswer(value: JsonObject, options: ReplyOptions<Command>): Error {
  const { adapterName, command, redact = asItIs, loginCommand } = options;
  const wrong = (reason: string) => protocolError(adapterName, command, { reason: redact(reason) });
  if (value.type !== "error") return wrong(`ok is false and its type is ${said(value.type)}`);
  const id = value.request_id ?? "";
  if (id !== "" && id !== options.requestId) return wrong(`its request_id is ${said(id)}, not the request's own`);
  const parsed = z.object({ error: errorInfo }).safeParse(value);
  return parsed.success
    ? new AdapterError(adapterName, parsed.data.error, { redact, loginCommand })
    : wrong(reasonOf(parsed.error));
}

const asItIs = (text: string) => text;

function said(value: JsonValue | undefined): string {
  return value === undefined ? "absent" : showText(JSON.stringify(value), { maxChars: 100 });
}
