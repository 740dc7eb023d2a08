import type { JsonObject } from "../codec/mod.ts";
import { nearestName, showText } from "../codec/mod.ts";
import { EpackError } from "../errors.ts";
import type { Config } from "./config.ts";
import type { Overlay, Permissions, RemoteConfig } from "./schema.ts";

/** Adapters that are part of this program. */
export const BUILT_IN_ADAPTERS: readonly string[] = ["filesystem"];
const LATER_BUILT_INS: readonly string[] = ["s3", "oci"];

/** How a remote's adapter runs. */
export type AdapterKind = "built_in" | "module" | "native";

/** A remote with its environment's changes applied: what the rest of the program works with. */
export interface Remote {
  readonly name: string;
  /** Without `epack-remote-` in front. */
  readonly adapterName: string;
  readonly kind: AdapterKind;
  readonly source?: string;
  /** Absolute. */
  readonly binary?: string;
  readonly target: { readonly workspace?: string; readonly environment?: string };
  readonly auth: {
    readonly mode?: string;
    readonly profile?: string;
    readonly apiKeyEnv?: string;
    readonly oidc?: {
      readonly provider?: string;
      readonly audience?: string;
      /** The variable, or the file, that has the token. A relative path is below the project. */
      readonly tokenEnv?: string;
      readonly tokenFile?: string;
    };
  };
  /** Handed on as EPACK_REMOTE_ENDPOINT and EPACK_REMOTE_AUTH_ENDPOINT; insecure overrides. */
  readonly endpoint?: string;
  readonly authEndpoint?: string;
  /** `sourceWorkflow`: an adapter may be built by a workflow of its own repository, in place of the SLSA builder. */
  readonly verify: { readonly pack: boolean; readonly strict: boolean; readonly sourceWorkflow: boolean };
  readonly release: {
    readonly labels: readonly string[];
    readonly notes?: string;
    readonly source?: { readonly git?: { readonly shaEnv?: string }; readonly ci?: { readonly runUrlEnv?: string } };
  };
  readonly runs: { readonly sync: boolean; readonly paths: readonly string[]; readonly requireSuccess: boolean };
  readonly transport: { readonly fileRoot?: string; readonly allowLoopbackHttp: boolean; readonly publicOnly: boolean };
  /** Environment variables handed on as they are. */
  readonly secrets: readonly string[];
  /** The adapter gets the user's PATH. */
  readonly inheritPath: boolean;
  readonly permissions?: Permissions;
  readonly extensions: JsonObject;
}

/**
 * The remote of that name, with the changes of an environment applied once.
 *
 * @throws EpackError `remote_unknown`, `config_invalid`, `unsupported`
 */
export function resolveRemote(config: Config, name: string, options: { environment?: string } = {}): Remote {
  const base = lookup(config.remotes, name, {
    code: "remote_unknown",
    what: "remote",
    hint: Object.keys(config.remotes).length === 0
      ? `${config.path} has no remotes yet`
      : "list them with: epack remote list",
  });
  const overlay = options.environment === undefined ? undefined : lookup(config.environments, options.environment, {
    code: "config_invalid",
    what: "environment",
    hint: `${config.path} has: ${Object.keys(config.environments).join(", ") || "none"}`,
  })[name];
  const merged = applyOverlay(base, overlay);
  if (merged.credentials !== undefined && merged.credentials.length > 0) {
    throw new EpackError(
      "unsupported",
      `remote "${name}" uses managed credential sets, which this program does not have`,
      {
        origin: "project",
        hint: "hand the variables on with secrets: instead",
      },
    );
  }
  const { adapterName, kind } = adapterOf(name, merged);
  return Object.freeze({
    name,
    adapterName,
    kind,
    source: merged.source,
    binary: merged.binary,
    target: { ...merged.target },
    auth: {
      mode: merged.auth?.mode,
      profile: merged.auth?.profile,
      apiKeyEnv: merged.auth?.api_key?.env,
      oidc: merged.auth?.oidc && {
        provider: merged.auth.oidc.provider,
        audience: merged.auth.oidc.audience,
        tokenEnv: merged.auth.oidc.token_env,
        tokenFile: merged.auth.oidc.token_file,
      },
    },
    endpoint: merged.insecure_endpoint ?? merged.endpoint,
    authEndpoint: merged.auth?.insecure_endpoint ?? merged.auth?.endpoint,
    verify: {
      pack: merged.verify?.pack ?? true,
      strict: merged.verify?.strict ?? false,
      sourceWorkflow: merged.verify?.source_workflow ?? false,
    },
    release: {
      labels: merged.release?.labels ?? [],
      notes: merged.release?.notes,
      source: merged.release?.source && {
        git: { shaEnv: merged.release.source.git?.sha_env },
        ci: { runUrlEnv: merged.release.source.ci?.run_url_env },
      },
    },
    runs: {
      sync: merged.runs?.sync ?? true,
      paths: merged.runs?.paths ?? [],
      requireSuccess: merged.runs?.require_success ?? false,
    },
    transport: {
      fileRoot: merged.transport?.file_root,
      allowLoopbackHttp: merged.transport?.allow_loopback_http ?? false,
      publicOnly: merged.transport?.public_only ?? false,
    },
    secrets: merged.secrets ?? [],
    inheritPath: merged.path === "inherit",
    permissions: merged.permissions,
    extensions: merged.extensions ?? {},
  });
}

function lookup<Value>(
  table: Readonly<Record<string, Value>>,
  name: string,
  options: { code: "remote_unknown" | "config_invalid"; what: string; hint: string },
): Value {
  if (Object.hasOwn(table, name)) return table[name];
  const near = nearestName(name, Object.keys(table));
  throw new EpackError(
    options.code,
    `there is no ${options.what} ${JSON.stringify(showText(name))} in the configuration`,
    {
      origin: "input",
      hint: near === undefined ? options.hint : `did you mean ${JSON.stringify(near)}?`,
    },
  );
}

function applyOverlay(base: RemoteConfig, overlay: Overlay | undefined): RemoteConfig {
  if (overlay === undefined) return base;
  return {
    ...base,
    adapter: overlay.adapter ?? base.adapter,
    insecure_endpoint: overlay.insecure_endpoint ?? overlay.endpoint ?? base.insecure_endpoint,
    target: { ...base.target, ...overlay.target },
    auth: overlay.auth === undefined ? base.auth : { ...base.auth, ...overlay.auth },
    release: overlay.release === undefined ? base.release : { ...base.release, ...overlay.release },
    runs: overlay.runs === undefined ? base.runs : { ...base.runs, ...overlay.runs },
  };
}

/** The adapter's name is written, or follows from the name of its file or repository. */
function adapterOf(name: string, remote: RemoteConfig): { adapterName: string; kind: AdapterKind } {
  const file = remote.binary?.split(/[\\/]/).at(-1) ?? remote.source?.split("/")[1].split("@")[0];
  const inferred = file?.replace(/\.(?:exe|m?js)$/, "").replace(/^epack-remote-/, "");
  const adapterName = remote.adapter ?? inferred ?? name;
  if (remote.binary !== undefined) return { adapterName, kind: /\.m?js$/.test(remote.binary) ? "module" : "native" };
  if (remote.source !== undefined) return { adapterName, kind: "native" };
  if (BUILT_IN_ADAPTERS.includes(adapterName)) return { adapterName, kind: "built_in" };
  if (LATER_BUILT_INS.includes(adapterName)) {
    throw new EpackError(
      "unsupported",
      `remote "${name}": the adapter "${adapterName}" is not built into this version`,
      {
        origin: "project",
        hint: "name an adapter of your own with binary:",
      },
    );
  }
  const near = nearestName(adapterName, BUILT_IN_ADAPTERS);
  throw new EpackError(
    "config_invalid",
    `remote "${name}": the adapter "${adapterName}" is not built in, and neither source nor binary says where it is`,
    {
      origin: "project",
      hint: near === undefined
        ? `built in: ${BUILT_IN_ADAPTERS.join(", ")}; name any other with binary: or source:`
        : `did you mean "${near}"?`,
    },
  );
}
