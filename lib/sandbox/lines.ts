/** Splits a byte stream into lines of UTF-8. @throws RangeError at the bound, also within a line that has not ended */
export async function* readLines(
  stream: ReadableStream<Uint8Array>,
  options: { maxChars: number },
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let chars = 0;
  for await (const chunk of stream) {
    const [first, ...more] = decoder.decode(chunk, { stream: true }).split("\n");
    parts.push(first);
    chars += first.length;
    for (const next of more) {
      yield parts.join("");
      parts = [next];
      chars = next.length;
    }
    if (chars > options.maxChars) throw new RangeError(`a line is longer than ${options.maxChars} characters`);
  }
  if (chars > 0) yield parts.join("");
}
