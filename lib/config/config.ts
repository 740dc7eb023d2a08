import type * as z from "zod";
import { nearestName, parseYaml, showText, type YamlDocument, YamlError } from "../codec/mod.ts";
import { EpackError } from "../errors.ts";
import { readRegular } from "../files/mod.ts";
import { CONFIG } from "../limits.ts";
import { configSchema, type Overlay, type RemoteConfig } from "./schema.ts";

/** A read `epack.yaml`: the parts that are ours, in the file's own keys. */
export interface Config {
  path: string;
  stream?: string;
  remotes: Readonly<Record<string, RemoteConfig>>;
  environments: Readonly<Record<string, Readonly<Record<string, Overlay>>>>;
}

/** Keys at the top that other programs own: left as they are. */
const FOREIGN = [
  "collectors",
  "tools",
  "profiles",
  "overlays",
  "platforms",
  "signing",
  "credential_sets",
  "registry",
  "registries",
  "tool_policy",
  "output",
];
const OURS = ["stream", "remotes", "environments"];

/**
 * Reads `epack.yaml`. Errors name file, line and column, and show the line.
 *
 * @throws EpackError `config_invalid`, `file_not_found`, `file_refused` (a link, a folder, a FIFO), `limit_exceeded`
 */
export async function loadConfig(path: string): Promise<Config> {
  const bytes = await readRegular(path, { maxBytes: CONFIG.bytes, what: "configuration" });
  return parseConfig(bytes, { path });
}

/** @throws EpackError `config_invalid` */
export function parseConfig(bytes: Uint8Array, options: { path: string }): Config {
  const { path } = options;
  try {
    const document = parseYaml(decode(bytes, path), {
      filename: path,
      maxChars: CONFIG.bytes,
      maxDepth: CONFIG.yamlDepth,
      maxAliases: CONFIG.yamlAliases,
      maxNodes: CONFIG.yamlExpandedNodes,
    });
    checkTopLevel(document);
    const parsed = configSchema.safeParse(document.value ?? {});
    if (!parsed.success) throw firstError(document, parsed.error);
    const { stream, remotes, environments } = parsed.data;
    const config = {
      path,
      stream,
      remotes: remotes ?? {},
      environments: Object.fromEntries(
        Object.entries(environments ?? {}).map(([name, value]) => [name, value?.remotes ?? {}]),
      ),
    };
    checkOverlays(document, config);
    return config;
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new EpackError("config_invalid", error.message, { origin: "project", cause: error });
  }
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new EpackError("config_invalid", `${path}: is not valid UTF-8`, { origin: "project", cause });
  }
}

/** A key that is nearly one of ours is a mistake; any other belongs to somebody else. */
function checkTopLevel(document: YamlDocument): void {
  const { value } = document;
  if (value === null) return;
  if (typeof value !== "object" || Array.isArray(value)) throw document.error([], "is not a mapping of keys");
  for (const key of Object.keys(value)) {
    if (OURS.includes(key) || FOREIGN.includes(key)) continue;
    const near = nearestName(key, OURS);
    if (near !== undefined && !Object.hasOwn(value, near)) {
      throw document.error(
        [key],
        `unknown key ${JSON.stringify(showText(key))}; did you mean ${JSON.stringify(near)}?`,
      );
    }
  }
}

function checkOverlays(document: YamlDocument, config: Config): void {
  for (const [environment, overlays] of Object.entries(config.environments)) {
    for (const name of Object.keys(overlays)) {
      if (Object.hasOwn(config.remotes, name)) continue;
      const near = nearestName(name, Object.keys(config.remotes));
      throw document.error(
        ["environments", environment, "remotes", name],
        `there is no remote ${JSON.stringify(showText(name))} to change${
          near === undefined ? "" : `; did you mean ${JSON.stringify(near)}?`
        }`,
      );
    }
  }
}

/** The first fault as an error at its place; an unknown key with the nearest known one. */
function firstError(document: YamlDocument, error: z.ZodError): YamlError {
  const issue = error.issues[0];
  const path = issue.path.filter((step) => typeof step !== "symbol");
  const where = path.join(".");
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0];
    const near = nearestName(key, knownKeys(path));
    const inOverlay = path[0] === "environments";
    const hint = near === undefined ? "" : `; did you mean ${JSON.stringify(near)}?`;
    return document.error(
      [...path, key],
      inOverlay && near === undefined
        ? `${where}: an environment cannot change ${JSON.stringify(showText(key))}`
        : `${where}: unknown key ${JSON.stringify(showText(key))}${hint}`,
    );
  }
  if (issue.code === "invalid_key") {
    return document.error(path, `${where}: ${issue.issues[0]?.message ?? issue.message}`);
  }
  return document.error(path, where === "" ? issue.message : `${where}: ${issue.message}`);
}

/** The keys that are known at a path, found by walking the schema. */
function knownKeys(path: readonly (string | number)[]): string[] {
  let schema: unknown = configSchema;
  for (const step of path) schema = childOf(unwrap(schema), step);
  const shape = shapeOf(unwrap(schema));
  return shape === undefined ? [] : Object.keys(shape);
}

function unwrap(schema: unknown): unknown {
  while (typeof schema === "object" && schema !== null && "unwrap" in schema && typeof schema.unwrap === "function") {
    schema = schema.unwrap();
  }
  return schema;
}

function shapeOf(schema: unknown): Record<string, unknown> | undefined {
  if (typeof schema !== "object" || schema === null || !("shape" in schema)) return undefined;
  return typeof schema.shape === "object" && schema.shape !== null
    ? schema.shape as Record<string, unknown>
    : undefined;
}

function childOf(schema: unknown, step: string | number): unknown {
  const shape = shapeOf(schema);
  if (shape !== undefined) return shape[step];
  if (typeof schema === "object" && schema !== null && "valueType" in schema) return schema.valueType;
  return undefined;
}
