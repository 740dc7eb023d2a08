import { CORE_SCHEMA, load, mergeTag, YAMLException } from "js-yaml";
import type { JsonValue } from "./json.ts";
import { showText } from "./show.ts";
import { indexYaml, type YamlNode } from "./yaml_index.ts";

/** Line and column count from 1; the offset (UTF-16 units) from 0. */
export interface TextPosition {
  line: number;
  column: number;
  offset: number;
}

/** What is wrong with a YAML text, where, and the line itself with a mark below it. */
export class YamlError extends Error {
  constructor(
    readonly reason: string,
    readonly filename: string,
    readonly position: TextPosition,
    readonly frame: string,
  ) {
    super(`${filename}:${position.line}:${position.column}: ${reason}\n${frame}`);
    this.name = "YamlError";
  }
}

export interface YamlOptions {
  /** Shown in errors. */
  filename: string;
  /** In UTF-16 units. */
  maxChars: number;
  /** Default 50. */
  maxDepth?: number;
  /** Default 100. */
  maxAliases?: number;
  /** How many nodes the document may have once its aliases are expanded. Default 200 000. */
  maxNodes?: number;
}

const SCHEMA = CORE_SCHEMA.withTags(mergeTag);

/** One YAML document: its value, and where each part of it stands. */
export class YamlDocument {
  private index?: YamlNode;

  constructor(readonly text: string, readonly value: JsonValue, private readonly options: YamlOptions) {}

  /** The node at a path of keys and list indexes; undefined when an alias or a merge brought it in. */
  node(path: readonly (string | number)[]): YamlNode | undefined {
    this.index ??= indexYaml(this.text, { maxDepth: this.options.maxDepth ?? 50 });
    let node = this.index;
    for (const step of path) node = typeof step === "number" ? node?.items[step] : node?.entries.get(step)?.node;
    return node;
  }

  /** Where the key (or else the value) of a path stands; the nearest parent's place when it has none of its own. */
  locate(path: readonly (string | number)[]): TextPosition {
    for (let length = path.length; length > 0; length--) {
      const last = path[length - 1];
      const parent = this.node(path.slice(0, length - 1));
      const found = typeof last === "string" ? parent?.entries.get(last)?.keyStart : parent?.items[last]?.start;
      if (found !== undefined) return positionAt(this.text, found);
    }
    return positionAt(this.text, 0);
  }

  /** An error at a path of this document, with the line it stands on. */
  error(path: readonly (string | number)[], reason: string): YamlError {
    return errorAt(this.text, this.locate(path), { reason, filename: this.options.filename });
  }
}

/**
 * Reads one YAML 1.2 document (with merge keys). Duplicate keys, unknown tags, tabs as indentation and second documents are
 * refused; depth, aliases and what they expand to are bounded; the time is linear in the size. An empty text is null.
 *
 * @throws YamlError
 */
export function parseYaml(text: string, options: YamlOptions): YamlDocument {
  const { filename, maxDepth = 50, maxAliases = 100, maxNodes = 200_000 } = options;
  const start = { line: 1, column: 1, offset: 0 };
  if (text.length > options.maxChars) {
    throw errorAt("", start, { reason: `is larger than ${options.maxChars} characters`, filename });
  }
  if (!text.isWellFormed()) throw errorAt("", start, { reason: "has a lone surrogate", filename });
  if (/^(?:\s|#.*)*$/.test(text)) return new YamlDocument(text, null, options);
  let value: unknown;
  try {
    value = load(text, { filename, maxDepth, maxAliases, schema: SCHEMA });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const offset = Math.max(0, error.mark?.position ?? 0);
    throw errorAt(text, positionAt(text, offset), { reason: error.reason, filename });
  }
  if (!isPlain(value, { left: maxNodes })) {
    throw errorAt(text, start, {
      reason: `has more than ${maxNodes} nodes once its aliases are expanded, or a value that is not plain`,
      filename,
    });
  }
  return new YamlDocument(text, value, options);
}

/** Counts every node as often as it is reached, so shared nodes cannot multiply without bound. */
function isPlain(value: unknown, budget: { left: number }): value is JsonValue {
  if (--budget.left < 0) return false;
  if (value === null || ["string", "number", "boolean"].includes(typeof value)) return true;
  if (Array.isArray(value)) return value.every((item) => isPlain(item, budget));
  return typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype &&
    Object.values(value).every((item) => isPlain(item, budget));
}

function positionAt(text: string, offset: number): TextPosition {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: offset - lineStart + 1, offset };
}

function errorAt(text: string, position: TextPosition, what: { reason: string; filename: string }): YamlError {
  const source = text.split("\n")[position.line - 1] ?? "";
  const gutter = `${String(position.line).padStart(4)} | `;
  const shown = showText(source.replaceAll("\t", " "), { maxChars: 200 });
  const mark = " ".repeat(gutter.length + Math.min(position.column - 1, shown.length)) + "^";
  return new YamlError(showText(what.reason), what.filename, position, `${gutter}${shown}\n${mark}`);
}
