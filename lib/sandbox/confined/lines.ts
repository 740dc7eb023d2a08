/** Splits a byte stream into lines of UTF-8; a line longer than the bound ends the stream with an error. */
export async function* readLines(
  stream: ReadableStream<Uint8Array>,
  options: { maxChars: number },
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    for (let end = rest.indexOf("\n"); end !== -1; end = rest.indexOf("\n")) {
      yield rest.slice(0, end);
      rest = rest.slice(end + 1);
    }
    if (rest.length > options.maxChars) throw new Error(`a line is longer than ${options.maxChars} characters`);
  }
  if (rest !== "") yield rest;
}
