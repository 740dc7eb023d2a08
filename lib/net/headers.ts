import { EpackError } from "../errors.ts";

/** Headers that frame or route a message: they are the client's to set. */
const FRAMING =
  /^(?:host|content-length|transfer-encoding|connection|keep-alive|te|trailer|upgrade|expect|proxy-.*|accept-encoding)$/i;

/**
 * Headers that an adapter gave, checked: proper names, values of one line, none that frames the message.
 *
 * @throws EpackError `url_refused`
 */
export function safeHeaders(headers: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const entries = Object.entries(headers ?? {});
  for (const [name, value] of entries) {
    const refuse = (why: string) =>
      new EpackError("url_refused", `the adapter's header ${JSON.stringify(name.slice(0, 100))} is refused: ${why}`, {
        origin: "adapter",
      });
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,200}$/.test(name)) throw refuse("it is no name of a header");
    if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value) || value.length > 16_384) {
      throw refuse("its value is not one line");
    }
    // presigned uploads may name the length that we send anyway
    if (FRAMING.test(name) && name.toLowerCase() !== "content-length" && name.toLowerCase() !== "host") {
      throw refuse("the client sets it itself");
    }
  }
  return Object.fromEntries(entries.filter(([name]) => !FRAMING.test(name)));
}
