/** What the scripted adapter is told to answer in place of a good answer. */

/** An error answer. */
export function errorAnswer(code: string, options: { retryable?: boolean } = {}): { raw: string } {
  const error = { code, message: `said ${code}`, retryable: options.retryable ?? false };
  return { raw: JSON.stringify({ ok: false, type: "error", request_id: "REQUEST_ID", error }) };
}

/** The adapter ends without a word, as if it had crashed. */
export const CRASH = { do: "kill -9 $PPID" };
