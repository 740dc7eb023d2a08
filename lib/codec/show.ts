/**
 * Control characters (C0, DEL, C1), line and paragraph separators, bidirectional and zero-width controls, tags, lone surrogates:
 * whatever could move a cursor, reorder or hide text.
 */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}\ud800-\udfff]/gu;

export interface ShowOptions {
  /** In UTF-16 units; longer text is cut and marked with `…`. Default 1000. */
  maxChars?: number;
  /** Keeps line feeds and tabs, for text of several lines. Default false. */
  lines?: boolean;
}

/** Text of a stranger made safe for a terminal: what is not plainly visible is written as `\u{…}`, and it is bounded. */
export function showText(text: string, options: ShowOptions = {}): string {
  const most = options.maxChars ?? 1000;
  const cut = text.length > most ? text.slice(0, most) : text;
  const safe = cut.replace(UNSAFE, (unsafe) => {
    if (options.lines && (unsafe === "\n" || unsafe === "\t")) return unsafe;
    return `\\u{${(unsafe.codePointAt(0) ?? 0).toString(16)}}`;
  });
  return cut === text ? safe : `${safe}…`;
}

/**
 * Indented JSON for a terminal or a program: what is not plainly visible in its texts is written as `\uXXXX`, which readers take
 * for the same value.
 */
export function showJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(
    UNSAFE,
    (unsafe) => unsafe === "\n" ? unsafe : unsafe.split("").map(escaped).join(""),
  );
}

/** The same in one line. */
export function showJsonLine(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, (unsafe) => unsafe.split("").map(escaped).join(""));
}

const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
