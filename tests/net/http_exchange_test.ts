import assert from "node:assert/strict";
import fc from "fast-check";
import { type ErrorCode, isEpackError } from "../../lib/errors.ts";
import { httpExchange, safeUrl } from "../../lib/net/mod.ts";
import { rawServer, readHead, say } from "../servers/web_server.ts";

/** The body of an answer that comes in these pieces. */
async function bodyOf(pieces: readonly (string | Uint8Array)[]): Promise<{ status: number; body: string }> {
  await using server = rawServer(async (connection) => {
    await readHead(connection);
    connection.setNoDelay(true);
    for (const piece of pieces) {
      if (typeof piece === "string") await say(connection, piece);
      else await connection.write(piece);
    }
  });
  const url = safeUrl(`${server.origin}/x`, { allowLoopbackHttp: true });
  const { signal } = new AbortController();
  using answer = await httpExchange(url, { method: "GET", headers: {} }, { env: {}, signal });
  const block = new Uint8Array(7);
  let body = "";
  for (let count = await answer.read(block); count !== null; count = await answer.read(block)) {
    body += new TextDecoder("latin1").decode(block.subarray(0, count));
  }
  return { status: answer.status, body };
}

const GOOD: Record<string, [text: string, body: string]> = {
  "a length": ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more", "hello"],
  "no length": ["HTTP/1.0 200\r\n\r\nhello", "hello"],
  "an empty body": ["HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n", ""],
  "chunks": [
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0010;x=y\r\n, this is a test\r\n0\r\n\r\n",
    "hello, this is a test",
  ],
  "trailers": ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-A: b\r\nX-B: c\r\n\r\n", "x"],
  "answers that say to go on": [
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
    "x",
  ],
  "status 204": ["HTTP/1.1 204 No Content\r\n\r\nx", ""],
};
for (const [what, [text, body]] of Object.entries(GOOD)) {
  Deno.test(`httpExchange() reads ${what}, wherever it is split`, async () => {
    assert.equal((await bodyOf([text])).body, body);
    assert.equal((await bodyOf([...text])).body, body);
  });
}

const BAD: Record<string, [text: string, code: ErrorCode]> = {
  "no HTTP": ["SSH-2.0-OpenSSH\r\n\r\n", "transfer_failed"],
  "HTTP/2": ["HTTP/2 200\r\n\r\n", "transfer_failed"],
  "a status of two digits": ["HTTP/1.1 20 OK\r\n\r\n", "transfer_failed"],
  "a status over 599": ["HTTP/1.1 600 OK\r\n\r\n", "transfer_failed"],
  "another protocol": ["HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "transfer_failed"],
  "going on without end": ["HTTP/1.1 100 Continue\r\n\r\n".repeat(20), "transfer_failed"],
  "a bare line feed": ["HTTP/1.1 200 OK\nContent-Length: 0\n\n", "transfer_failed"],
  "a folded header": ["HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\nContent-Length: 0\r\n\r\n", "transfer_failed"],
  "a space before the colon": ["HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n", "transfer_failed"],
  "a header without a name": ["HTTP/1.1 200 OK\r\n: x\r\n\r\n", "transfer_failed"],
  "a NUL in a header": ["HTTP/1.1 200 OK\r\nX-A: a\0b\r\n\r\n", "transfer_failed"],
  "two lengths": ["HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", "transfer_failed"],
  "a length and chunks": [
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
    "transfer_failed",
  ],
  "another coding": ["HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "transfer_failed"],
  "a negative length": ["HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "transfer_failed"],
  "a length in hexadecimal": ["HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\nhello", "transfer_failed"],
  "an enormous length": ["HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", "transfer_failed"],
  "a chunk without a size": ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\nx", "transfer_failed"],
  "a chunk of negative size": [
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n0\r\n\r\n",
    "transfer_failed",
  ],
  "a chunk longer than its size": [
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n0\r\n\r\n",
    "transfer_failed",
  ],
  "trailers without end": [
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${"X-A: b\r\n".repeat(1000)}`,
    "transfer_failed",
  ],
  "a header without end": [`HTTP/1.1 200 OK\r\nX-A: ${"b".repeat(100_000)}`, "transfer_failed"],
  "headers without end": [`HTTP/1.1 200 OK\r\n${"X-A: b\r\n".repeat(20_000)}`, "transfer_failed"],
  "nothing": ["", "network"],
  "half a head": ["HTTP/1.1 200 OK\r\nContent-Le", "network"],
  "half a body": ["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "network"],
  "half a chunk": ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe", "network"],
  "chunks that do not end": ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "network"],
};
for (const [what, [text, code]] of Object.entries(BAD)) {
  Deno.test(`httpExchange() refuses ${what}`, async () => {
    await assert.rejects(bodyOf([text]), (error) => isEpackError(error, code));
  });
}

Deno.test("httpExchange() gives a body as it was put into chunks", async () => {
  const pieces = fc.array(fc.stringMatching(/^[ -~]{1,40}$/), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(pieces, fc.integer({ min: 1, max: 50 }), async (chunks, step) => {
      const framed = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("");
      const text = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${framed}0\r\n\r\n`;
      const split = Array.from(
        { length: Math.ceil(text.length / step) },
        (_, at) => text.slice(at * step, (at + 1) * step),
      );
      assert.equal((await bodyOf(split)).body, chunks.join(""));
    }),
    { numRuns: 60 },
  );
});

Deno.test("httpExchange() ends with an EpackError, or reads to the end, whatever bytes come", async () => {
  const line = fc.constantFrom(
    "HTTP/1.1 200 OK\r\n",
    "Content-Length: 3\r\n",
    "Transfer-Encoding: chunked\r\n",
    "\r\n",
    "3\r\n",
    "abc",
    "0",
    "\n",
    ":",
    "\0",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(line, fc.uint8Array({ maxLength: 5 })), { maxLength: 10 }), async (pieces) => {
      await bodyOf(pieces).catch((error) => assert.ok(isEpackError(error), String(error)));
    }),
    { numRuns: 150 },
  );
});

Deno.test("httpExchange() sends no header that was not checked", async () => {
  await using server = rawServer((_connection, ended) => ended);
  const url = safeUrl(`${server.origin}/x`, { allowLoopbackHttp: true });
  const { signal } = new AbortController();
  for (const value of ["a\r\nX: y", "a\nX: y", "\u010d\u010aX: y"]) {
    await assert.rejects(
      httpExchange(url, { method: "GET", headers: { "X-A": value } }, { env: {}, signal }),
      { code: "internal" },
    );
  }
});
