/**
 * Leaves an adapter with the language, the web platform's harmless parts, and the Deno functions of its grants. Everything else
 * of globalThis is deleted before the adapter loads: a list of what stays, not of what goes.
 */

const LANGUAGE =
  "Infinity NaN undefined globalThis Object Function Array Number parseFloat parseInt Boolean String Symbol Date Promise RegExp Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError SuppressedError JSON Math Intl Temporal ArrayBuffer Atomics Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array Float16Array Float32Array Float64Array Uint8ClampedArray BigUint64Array BigInt64Array DataView Map BigInt Set Iterator WeakMap WeakSet WeakRef Proxy Reflect FinalizationRegistry DisposableStack AsyncDisposableStack decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape eval isFinite isNaN";
const WEB =
  "AbortController AbortSignal Blob File FormData Headers Request Response fetch URL URLSearchParams URLPattern TextEncoder TextDecoder TextEncoderStream TextDecoderStream ReadableStream WritableStream TransformStream ReadableStreamDefaultReader ReadableStreamBYOBReader WritableStreamDefaultWriter ByteLengthQueuingStrategy CountQueuingStrategy CompressionStream DecompressionStream Event EventTarget CustomEvent ErrorEvent MessageEvent PromiseRejectionEvent DOMException crypto Crypto CryptoKey SubtleCrypto performance setTimeout clearTimeout setInterval clearInterval queueMicrotask structuredClone atob btoa Buffer setImmediate clearImmediate";
const KEPT = new Set(`${LANGUAGE} ${WEB}`.split(" "));

/** Statics that tell the last text matched anywhere in this thread, Deno's own matches included. */
const REGEXP_STATICS = [
  "input",
  "$_",
  "lastMatch",
  "$&",
  "lastParen",
  "$+",
  "leftContext",
  "$`",
  "rightContext",
  "$'",
  ..."123456789",
].map((name) => /^\d$/.test(name) ? `$${name}` : name);

export interface PreludeOptions {
  /** Names of Deno functions that stay. */
  functions: readonly string[];
  /** Gets what the adapter writes to its console. */
  log: (text: string) => void;
}

/** Runs once, before the adapter's code. */
export function closeGlobals(options: PreludeOptions): void {
  const scope = globalThis as unknown as Record<string, unknown>;
  const { inspect } = Deno;
  const granted: Record<string, unknown> = Object.create(null);
  for (const name of options.functions) granted[name] = (Deno as unknown as Record<string, unknown>)[name];
  granted.cwd = () => "/";
  // Deno's own error classes are needed to tell "missing" from "denied"
  granted.errors = Deno.errors;
  const nextTick = (scope.process as { nextTick?: (run: () => void) => void } | undefined)?.nextTick;

  for (
    let owner: object | null = globalThis;
    owner !== null && owner !== EventTarget.prototype && owner !== Object.prototype;
    owner = Object.getPrototypeOf(owner)
  ) {
    for (const key of Reflect.ownKeys(owner)) {
      if (typeof key === "symbol" ? owner !== globalThis || isEventPlumbing(key) : key === "constructor") continue;
      if (owner === globalThis && typeof key === "string" && KEPT.has(key)) continue;
      Reflect.deleteProperty(owner, key);
    }
  }
  const define = (name: string, value: unknown) =>
    Object.defineProperty(globalThis, name, { value, writable: false, configurable: false, enumerable: false });
  define("Deno", Object.freeze(granted));
  define("self", globalThis);
  const write = (...values: unknown[]) =>
    options.log(values.map((value) => (typeof value === "string" ? value : inspect(value))).join(" "));
  define("console", Object.freeze({ debug: write, log: write, info: write, warn: write, error: write }));
  define("process", processStub(nextTick));
  define("reportError", () => {});
  // an accessor of the adapter's own on these would be shown our events, and by them our port
  for (const type of [EventTarget, Event, MessageEvent]) Object.freeze(type.prototype);
  for (const name of REGEXP_STATICS) Reflect.deleteProperty(RegExp, name);
  Object.defineProperty(Error, "prepareStackTrace", { value: undefined, writable: false, configurable: false });
}

/** What makes the scope a target of events: without it an error that nobody caught has no words. */
const isEventPlumbing = (key: symbol) => key.description === "[[webidl.brand]]" || !key.description;

/** What Deno's node modules look up by name; none of it reaches the machine. */
function processStub(nextTick: ((run: () => void) => void) | undefined): object {
  const nothing = () => {};
  return Object.freeze({
    nextTick: (run: (...values: unknown[]) => void, ...values: unknown[]) =>
      (nextTick ?? queueMicrotask)(() => run(...values)),
    emitWarning: nothing,
    emit: () => false,
    on: nothing,
    once: nothing,
    off: nothing,
    listenerCount: () => 0,
    cwd: () => "/",
    env: Object.freeze({}),
    argv: Object.freeze([]),
    execArgv: Object.freeze([]),
    platform: "linux",
    version: "",
    versions: Object.freeze({ node: "" }),
    noDeprecation: true,
  });
}
