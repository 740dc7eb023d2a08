import * as z from "zod";
import { parseJson } from "../codec/mod.ts";
import { ADAPTER } from "../limits.ts";
import { type Camelized, fromWire } from "./case.ts";
import { PROTOCOL_VERSION } from "./command.ts";
import { count, list, optional, text } from "./fields.ts";
import { protocolError, reasonOf } from "./protocol_error.ts";

const flag = z.preprocess((value) => value ?? false, z.boolean()).default(false);

const features = z.object({
  prepare_finalize: flag,
  direct_upload: flag,
  pull: flag,
  runs_sync: flag,
  auth_login: flag,
  whoami: flag,
});

const limits = z.object({
  /** 0 or absent: no limit. */
  max_pack_bytes: optional(count),
  /** What the Go kit writes for max_pack_bytes. */
  max_pack_size: optional(count),
  max_runs_per_sync: optional(count),
});

const orEmpty = (value: unknown) => value ?? {};

export const capabilitiesSchema = z.object({
  name: text,
  kind: z.literal("remote_adapter"),
  version: optional(z.string()),
  description: optional(z.string()),
  deploy_protocol_version: z.number().int().positive(),
  features: z.preprocess(orEmpty, features),
  auth: z.preprocess(orEmpty, z.object({ modes: list(z.string()), token_storage: optional(z.string()) })),
  limits: z.preprocess(orEmpty, limits),
  extensions: optional(z.record(z.string(), z.json())),
});

/** What an adapter says that it can do; absent features are false. */
export type Capabilities = Camelized<z.infer<typeof capabilitiesSchema>>;
export type CapabilityFeatures = Capabilities["features"];
export type CapabilityAuth = Capabilities["auth"];
export type CapabilityLimits = Capabilities["limits"];

/**
 * Reads the answer to `--capabilities`. A session wants exactly this protocol version.
 *
 * @throws EpackError `adapter_protocol`
 */
export function parseCapabilities(bytes: Uint8Array, options: { adapterName: string }): Capabilities {
  let value: unknown;
  try {
    value = parseJson(bytes, {
      maxBytes: ADAPTER.responseBytes,
      maxDepth: ADAPTER.responseDepth,
      maxValues: ADAPTER.responseValues,
      what: "capabilities",
    });
  } catch (error) {
    throw protocolError(options.adapterName, "--capabilities", { reason: reasonOf(error), cause: error });
  }
  const parsed = capabilitiesSchema.safeParse(value);
  if (!parsed.success) throw protocolError(options.adapterName, "--capabilities", { reason: reasonOf(parsed.error) });
  const found = fromWire(parsed.data);
  if (found.deployProtocolVersion !== PROTOCOL_VERSION) {
    throw protocolError(options.adapterName, "--capabilities", {
      reason: `it speaks protocol version ${found.deployProtocolVersion}, this program version ${PROTOCOL_VERSION}`,
    });
  }
  return {
    ...found,
    limits: { ...found.limits, maxPackBytes: found.limits.maxPackBytes ?? found.limits.maxPackSize },
  };
}

/** True when pushes go by push.prepare and push.finalize. */
export const supportsPrepareFinalize = (capabilities: Capabilities): boolean => capabilities.features.prepareFinalize;
/** True when packs can be pulled. */
export const supportsPull = (capabilities: Capabilities): boolean => capabilities.features.pull;
/** True when run results can be synced. */
export const supportsRunsSync = (capabilities: Capabilities): boolean => capabilities.features.runsSync;
/** True when there is an interactive login. */
export const supportsAuthLogin = (capabilities: Capabilities): boolean => capabilities.features.authLogin;
/** True when the identity can be asked for. */
export const supportsWhoami = (capabilities: Capabilities): boolean => capabilities.features.whoami;
/** True when the adapter names this way of authentication. */
export const supportsAuthMode = (capabilities: Capabilities, mode: string): boolean =>
  capabilities.auth.modes.includes(mode);
/** True when the declared version is at least the asked one. */
export const supportsProtocolVersion = (capabilities: Capabilities, version: number): boolean =>
  capabilities.deployProtocolVersion >= version;
