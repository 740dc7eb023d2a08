import { showText } from "./show.ts";

/** Longer ones are no help to anybody. */
const LINK_CHARS = 2000;

/**
 * A stranger's address as something to open, spelled the way a browser would use it (its host in ASCII); undefined for whatever is
 * not plainly https without a user: `javascript:`, `file:` and `data:` are nothing to open.
 */
export function showLink(text: string): string | undefined {
  if (!/^https:\/\/[^/]/i.test(text) || text.includes("\\") || showText(text, { maxChars: LINK_CHARS }) !== text) {
    return undefined;
  }
  if (!URL.canParse(text)) return undefined;
  const { href, username, password } = new URL(text);
  return username === "" && password === "" && href.length <= LINK_CHARS ? href : undefined;
}
