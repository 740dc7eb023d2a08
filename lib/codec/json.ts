/** A JSON value. Objects have no prototype, so `__proto__` is a key like any other. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

/** What is wrong with a text that should be JSON, and where. Lines and columns count from 1, offsets (UTF-16 units) from 0. */
export class JsonError extends Error {
  constructor(
    readonly reason: string,
    readonly what: string,
    readonly offset: number,
    readonly line: number,
    readonly column: number,
  ) {
    super(`${what}: ${reason} at line ${line}, column ${column}`);
    this.name = "JsonError";
  }
}

export interface JsonOptions {
  /** In bytes (for a string: UTF-16 units). */
  maxBytes: number;
  /** Nesting of objects and lists. Default 64. */
  maxDepth?: number;
  /** Values at all depths, which take far more memory than their text. Default: as many as fit in `maxBytes`. */
  maxValues?: number;
  /** What the text is, for messages: "manifest.json". */
  what: string;
}

/**
 * Reads strict JSON (RFC 8259): one document, no BOM, valid UTF-8, no lone surrogates, no duplicate keys at any depth and
 * however escaped. Nothing that is valid otherwise is refused.
 *
 * @throws JsonError
 */
export function parseJson(input: Uint8Array | string, options: JsonOptions): JsonValue {
  const fail = (reason: string) => new JsonError(reason, options.what, 0, 1, 1);
  if (input.length > options.maxBytes) throw fail(`is larger than ${options.maxBytes} bytes`);
  let text: string;
  try {
    text = typeof input === "string" ? input : new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(input);
  } catch {
    throw fail("is not valid UTF-8");
  }
  if (!text.isWellFormed()) throw fail("has a lone surrogate");
  return new Reader(text, options).document();
}

const ESCAPES: Record<string, string> = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** A run of characters that need no look: all but quotes, backslashes and control characters. */
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const SPACE = /[ \t\n\r]*/y;

class Reader {
  private at = 0;
  private depth = 0;
  private values = 0;

  constructor(private readonly text: string, private readonly options: JsonOptions) {}

  document(): JsonValue {
    const value = this.value();
    this.space();
    if (this.at < this.text.length) this.fail("has more after its end");
    return value;
  }

  private fail(reason: string, at = this.at): never {
    let [line, lineAt] = [1, 0];
    for (let next; (next = this.text.indexOf("\n", lineAt)) !== -1 && next < at; lineAt = next + 1) line++;
    throw new JsonError(reason, this.options.what, at, line, at - lineAt + 1);
  }

  private space(): void {
    SPACE.lastIndex = this.at;
    SPACE.test(this.text);
    this.at = SPACE.lastIndex;
  }

  private value(): JsonValue {
    this.space();
    const { maxValues = Infinity } = this.options;
    if (++this.values > maxValues) this.fail(`has more than ${maxValues} values`);
    switch (this.text[this.at]) {
      case "{":
        return this.nested(() => this.object());
      case "[":
        return this.nested(() => this.list());
      case '"':
        return this.string();
      case "t":
        return this.word("true", true);
      case "f":
        return this.word("false", false);
      case "n":
        return this.word("null", null);
      case undefined:
        return this.fail("ends too early");
      default:
        return this.number();
    }
  }

  private nested<Value>(read: () => Value): Value {
    if (++this.depth > (this.options.maxDepth ?? 64)) this.fail(`nests deeper than ${this.options.maxDepth ?? 64}`);
    this.at++;
    const value = read();
    this.depth--;
    return value;
  }

  private word<Value>(word: string, value: Value): Value {
    if (!this.text.startsWith(word, this.at)) this.fail("has an unknown word");
    this.at += word.length;
    return value;
  }

  private number(): number {
    NUMBER.lastIndex = this.at;
    const match = NUMBER.exec(this.text);
    if (match === null) return this.fail("has an unexpected character");
    this.at = NUMBER.lastIndex;
    return Number(match[0]);
  }

  private string(): string {
    const start = ++this.at;
    let value = "";
    for (;;) {
      PLAIN.lastIndex = this.at;
      PLAIN.test(this.text);
      value += this.text.slice(this.at, PLAIN.lastIndex);
      this.at = PLAIN.lastIndex;
      const next = this.text[this.at];
      if (next === '"') break;
      if (next !== "\\") this.fail(next === undefined ? "ends inside a string" : "has a control character in a string");
      value += this.escape();
    }
    this.at++;
    if (!value.isWellFormed()) this.fail("has a lone surrogate in a string", start);
    return value;
  }

  private escape(): string {
    const letter = this.text[this.at + 1];
    if (letter === "u") {
      const hex = this.text.slice(this.at + 2, this.at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) this.fail("has a broken \\u escape");
      this.at += 6;
      return String.fromCharCode(parseInt(hex, 16));
    }
    if (letter === undefined || !Object.hasOwn(ESCAPES, letter)) this.fail("has an unknown escape");
    this.at += 2;
    return ESCAPES[letter];
  }

  private list(): JsonValue[] {
    const list: JsonValue[] = [];
    this.space();
    if (this.text[this.at] === "]") {
      this.at++;
      return list;
    }
    for (;;) {
      list.push(this.value());
      this.space();
      const next = this.text[this.at];
      if (next !== "," && next !== "]") this.fail("lacks a comma or ] in a list");
      this.at++;
      if (next === "]") return list;
    }
  }

  private object(): JsonObject {
    const object: JsonObject = Object.create(null);
    this.space();
    if (this.text[this.at] === "}") {
      this.at++;
      return object;
    }
    for (;;) {
      this.space();
      const keyAt = this.at;
      if (this.text[this.at] !== '"') this.fail("lacks a key in quotes");
      const key = this.string();
      if (key in object) this.fail(`has the key ${JSON.stringify(key.slice(0, 100))} twice`, keyAt);
      this.space();
      if (this.text[this.at] !== ":") this.fail("lacks a colon after a key");
      this.at++;
      object[key] = this.value();
      this.space();
      const next = this.text[this.at];
      if (next !== "," && next !== "}") this.fail("lacks a comma or } in an object");
      this.at++;
      if (next === "}") return object;
    }
  }
}
