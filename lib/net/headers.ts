import { EpackError } from "../errors.ts";

/** Headers that frame or route a message, or turn its method into another: they are the client's to set. */
const FRAMING =
  /^(?:host|content-length|transfer-encoding|connection|keep-alive|te|trailer|upgrade|expect|proxy-.*|accept-encoding|range|if-range|http2-settings|x-http-method|x-http-method-override|x-method-override)$/;
const LEFT_OUT: ReadonlySet<string> = new Set(["host", "content-length"]);

/**
 * Headers that an adapter gave, checked: proper names, each given once, values of one line of Latin-1, none that frames the
 * message. Host and Content-Length, which presigned uploads name, are left out: ours are sent.
 *
 * @throws EpackError `url_refused`
 */
export function safeHeaders(headers: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const entries = Object.entries(headers ?? {});
  const seen = new Set<string>();
  for (const [name, value] of entries) {
    const refuse = (why: string) =>
      new EpackError("url_refused", `the adapter's header ${JSON.stringify(name.slice(0, 100))} is refused: ${why}`, {
        origin: "adapter",
      });
    const lower = name.toLowerCase();
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,200}$/.test(name)) throw refuse("it is no name of a header");
    // characters over U+00FF would be cut to a byte, U+010A to a line feed
    if (!/^[\t\u0020-\u007e\u0080-\u00ff]{0,16384}$/.test(value)) throw refuse("its value is not one line of Latin-1");
    if (FRAMING.test(lower) && !LEFT_OUT.has(lower)) throw refuse("the client sets it itself");
    if (seen.has(lower)) throw refuse("it is given twice");
    seen.add(lower);
  }
  return Object.fromEntries(entries.filter(([name]) => !LEFT_OUT.has(name.toLowerCase())));
}
