/**
 * Decides whether a module's text imports anything that is not allowed, with V8 as the judge.
 *
 * V8 needs the literal letters `import` and `export`. Each one that is not an allowed form is spelled with an escape: harmless in
 * strings, comments and regular expressions, a syntax error in code. Then V8 compiles the text; a first import that cannot link
 * keeps it from running. Parsers written in JavaScript were tried, and miss forms that V8 executes.
 */

/** Modules of Node that reach neither files, network, processes nor other code. */
export const ALLOWED_NODE_MODULES: ReadonlySet<string> = new Set(
  [
    "assert",
    "assert/strict",
    "buffer",
    "crypto",
    "events",
    "path",
    "path/posix",
    "path/win32",
    "querystring",
    "stream",
    "stream/promises",
    "string_decoder",
    "timers",
    "timers/promises",
    "url",
    "util",
    "util/types",
    "zlib",
  ],
);
const IMPORT =
  /import(?:\s*(?:[\w$]+|\*\s*as\s+[\w$]+|\{[\w$\s,]*\}|[\w$]+\s*,\s*\{[\w$\s,]*\})\s*from)?\s*(["'])node:([a-z_/]+)\1/y;
const EXPORT =
  /export(?:\s+(?:default|const|let|var|function|class|async)(?![\w$\u0080-\uffff\\])|\s*\{[\w$\s,]*\}\s*(?:;|$))/y;
const KEYWORD = /(?<![A-Za-z0-9_$]|(?<!\.)\.)(?:import|export)(?![A-Za-z0-9_$])/g;

/** A base64 data: URL of a module's text. */
export function moduleUrl(text: string): string {
  const bytes = new TextEncoder().encode(text);
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return `data:text/javascript;base64,${btoa(binary)}`;
}

/** @throws Error that says why the module is refused; nothing of it has run */
export async function checkModule(text: string): Promise<void> {
  if (text.startsWith("#!")) throw new Error("it begins with #!");
  const defused = text.replace(KEYWORD, (word, at: number) => {
    const form = word === "import" ? IMPORT : EXPORT;
    form.lastIndex = at;
    const match = form.exec(text);
    if (match !== null && (word === "export" || ALLOWED_NODE_MODULES.has(match[2]))) return word;
    return `${word.slice(0, 2)}\\${word.slice(2)}`;
  });
  const nonce = `absent_${crypto.randomUUID().replaceAll("-", "")}`;
  try {
    await import(moduleUrl(`import{${nonce}}from"data:text/javascript,";\n${defused}`));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (message.includes(nonce)) return;
    throw new Error(
      `it is no plain module, or imports what is not allowed: ${
        message.replace(/data:text\/javascript;base64,[\w+/=.]+/g, "the module").slice(0, 300)
      }`,
    );
  }
  throw new Error("it could not be checked");
}
