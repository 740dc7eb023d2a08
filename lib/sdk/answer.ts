import { fromWire, toWire } from "../protocol/case.ts";
import { CAPABILITIES, type Command, COMMANDS, PROTOCOL_VERSION } from "../protocol/command.ts";
import { type Adapter, type AdapterContext, AdapterFailure } from "./adapter.ts";

/** One answer as it goes over the wire. */
export type WireAnswer = Record<string, unknown>;

/** The answer to `--capabilities`. */
export function capabilitiesOf(adapter: Adapter): WireAnswer {
  const { handlers } = adapter;
  const direct = adapter.directUpload ?? false;
  return toWire({
    name: adapter.name,
    kind: "remote_adapter",
    version: adapter.version,
    description: adapter.description,
    deployProtocolVersion: PROTOCOL_VERSION,
    features: {
      prepareFinalize: handlers["push.prepare"] !== undefined && !direct,
      directUpload: direct,
      pull: handlers["pull.prepare"] !== undefined,
      runsSync: handlers["runs.sync"] !== undefined,
      authLogin: handlers["auth.login"] !== undefined,
      whoami: handlers["auth.whoami"] !== undefined,
    },
    auth: { modes: adapter.auth?.modes ?? [], tokenStorage: adapter.auth?.tokenStorage },
    limits: adapter.limits ?? {},
    extensions: extensionsOf(adapter),
  });
}

/** The extensions whose commands the adapter knows; their names and fields are in the wire's spelling. */
function extensionsOf({ handlers, parts }: Adapter): WireAnswer | undefined {
  const extensions: WireAnswer = {};
  if (handlers["upload.begin"] !== undefined) {
    extensions["epack.multipart_upload"] = { version: 1, ...toWire(parts ?? {}) };
  }
  if (handlers["releases.list"] !== undefined) extensions["epack.releases_list"] = { version: 1 };
  return Object.keys(extensions).length > 0 ? extensions : undefined;
}

/**
 * Lets an adapter answer one command. Never throws: whatever goes wrong becomes an error answer.
 *
 * @param request the parsed request; not looked at for `--capabilities`
 */
export async function answer(
  adapter: Adapter,
  command: string,
  options: { request?: unknown; context: AdapterContext },
): Promise<WireAnswer> {
  if (command === CAPABILITIES) return capabilitiesOf(adapter);
  const request = isRecord(options.request) ? options.request : {};
  const requestId = typeof request.request_id === "string" ? request.request_id : "";
  try {
    if (!isCommand(command)) {
      throw new AdapterFailure("unsupported_protocol", `there is no command ${JSON.stringify(command)}`);
    }
    const handler = adapter.handlers[command];
    if (handler === undefined) {
      throw new AdapterFailure("unsupported_protocol", `${adapter.name} does not support ${command}`);
    }
    checkEnvelope(request, command, requestId);
    // the envelope was checked; what a handler needs of the rest it checks itself
    const run = handler as (request: unknown, context: AdapterContext) => Promise<object>;
    const result = await run({ ...fromWire(request), requestId }, options.context);
    return { ok: true, type: `${command}.result`, request_id: requestId, ...toWire(result) };
  } catch (error) {
    const failure = error instanceof AdapterFailure
      ? error
      : new AdapterFailure("server_error", error instanceof Error ? withoutAdvice(error.message) : String(error));
    const { retryable = false, action } = failure.options;
    return {
      ok: false,
      type: "error",
      request_id: requestId,
      error: { code: failure.code, message: failure.message, retryable, action },
    };
  }
}

/** Deno's advice on its own flags is for whoever starts it, not for who uses an adapter. */
const withoutAdvice = (message: string) =>
  message.replace(/, (?:run again with the --allow-|specify the required permissions)[^]*$/, "");

function checkEnvelope(request: Record<string, unknown>, command: Command, requestId: string): void {
  const wrong = (what: string) => new AdapterFailure("invalid_request", `the request is malformed: ${what}`);
  if (request.type !== command) throw wrong(`its type is not ${command}`);
  if (requestId === "") throw wrong("it has no request_id");
  if (request.protocol_version !== PROTOCOL_VERSION) {
    throw new AdapterFailure(
      "unsupported_protocol",
      `protocol version ${
        JSON.stringify(request.protocol_version)
      } is not supported; this adapter speaks ${PROTOCOL_VERSION}`,
    );
  }
}

/** The text at a path of a request. @throws AdapterFailure `invalid_request` */
export function requiredText(value: unknown, name: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new AdapterFailure("invalid_request", `the request lacks ${name}`);
}

function isCommand(text: string): text is Command {
  return COMMANDS.some((command) => command === text);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
