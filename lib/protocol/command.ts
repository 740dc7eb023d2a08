/** The version of the Remote Adapter Protocol that this host and its kit speak. */
export const PROTOCOL_VERSION = 1;

/** The commands that take a request; `--capabilities` takes none. */
export const COMMANDS = [
  "push.prepare",
  "push.finalize",
  "pull.prepare",
  "pull.finalize",
  "runs.sync",
  "auth.login",
  "auth.whoami",
  // of extensions: sent only to adapters that offer them
  "upload.begin",
  "upload.parts",
  "upload.status",
  "upload.complete",
  "releases.list",
] as const;
export type Command = typeof COMMANDS[number];

/** The argument that asks an adapter what it can do. */
export const CAPABILITIES = "--capabilities";

/** The error codes that adapters answer with. An unknown code is kept as it came. */
export const ADAPTER_ERROR_CODES = [
  "unsupported_protocol",
  "invalid_request",
  "auth_required",
  "forbidden",
  "not_found",
  "conflict",
  "rate_limited",
  "server_error",
  "network_error",
] as const;
export type AdapterErrorCode = typeof ADAPTER_ERROR_CODES[number];
