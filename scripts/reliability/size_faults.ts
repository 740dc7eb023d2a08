import { gzipSync } from "node:zlib";
import { bad, type Fault, FEW, first, head, ok, well } from "./fault.ts";

/** Bodies that are not what was announced. */
export const sizeFaults: readonly Fault[] = [
  {
    name: "a shorter body, with its own Content-Length",
    way: "pull",
    exit: 2,
    serve: ({ pack }) => ({ send }) => send(ok(pack.length - 7), pack.subarray(7)),
  },
  {
    name: "a longer body, with its own Content-Length",
    way: "pull",
    exit: 2,
    serve: ({ pack }) => ({ send }) => send(ok(pack.length + 7), pack, pack.subarray(0, 7)),
  },
  {
    name: "more bytes than its Content-Length says",
    way: "pull",
    exit: 0,
    serve: ({ pack }) => ({ send }) => send(ok(pack.length), pack, pack.subarray(0, 700)),
  },
  {
    name: "in chunks, whole",
    way: "pull",
    exit: 0,
    serve: ({ pack }) => ({ send }) => send(head("200 OK", "Transfer-Encoding: chunked"), ...chunked(pack), LAST_CHUNK),
  },
  {
    name: "in chunks, too short and ended in order",
    way: "pull",
    exit: 2,
    serve: ({ pack }) => ({ send }) =>
      send(head("200 OK", "Transfer-Encoding: chunked"), ...chunked(pack.subarray(0, 1000)), LAST_CHUNK),
  },
  {
    name: "in chunks, too long",
    way: "pull",
    exit: 2,
    serve: ({ pack }) => ({ send }) =>
      send(head("200 OK", "Transfer-Encoding: chunked"), ...chunked(pack), ...chunked(pack), LAST_CHUNK),
  },
  {
    name: "in chunks, cut before the last one, once",
    way: "pull",
    exit: 0,
    serve: ({ pack }) =>
      first(1, ({ send }) => send(head("200 OK", "Transfer-Encoding: chunked"), ...chunked(pack)), well(pack)),
  },
  {
    name: "a chunk longer than it says",
    way: "pull",
    exit: 15,
    serve: bad(head("200 OK", "Transfer-Encoding: chunked") + "3\r\nabcdef\r\n0\r\n\r\n"),
  },
  {
    name: "without a length, ended too early",
    way: "pull",
    exit: 15,
    args: FEW,
    serve: ({ pack }) => ({ send }) => send(head("200 OK"), pack.subarray(0, 5000)),
  },
  {
    name: "without a length, without an end",
    way: "pull",
    exit: 2,
    serve: ({ pack }) => async ({ send }) => {
      await send(head("200 OK"));
      for (;;) await send(pack);
    },
  },
  {
    name: "Content-Length is too small",
    way: "pull",
    exit: 2,
    serve: ({ pack }) => ({ send }) => send(ok(100), pack),
  },
  {
    name: "Content-Length is too large",
    way: "pull",
    exit: 2,
    serve: ({ pack }) => ({ send }) => send(ok(pack.length * 2), pack),
  },
  ...["-1", "1e3", "5, 6"].map((length): Fault => ({
    name: `Content-Length is ${JSON.stringify(length)}`,
    way: "pull",
    exit: 15,
    serve: ({ pack }) => ({ send }) => send(ok(length), pack),
  })),
  {
    name: "Content-Length beside chunks",
    way: "pull",
    exit: 15,
    serve: ({ pack }) => ({ send }) =>
      send(ok(pack.length, "Transfer-Encoding: chunked"), ...chunked(pack), LAST_CHUNK),
  },
  {
    name: "other bytes of the same size",
    way: "pull",
    exit: 2,
    serve: ({ pack }) => ({ send }) => send(ok(pack.length), pack.map((byte, at) => at === 1000 ? byte ^ 1 : byte)),
  },
  {
    name: "a page of HTML with status 200",
    way: "pull",
    exit: 2,
    serve: bad(ok(20, "Content-Type: text/html") + "<html>hello</html>\r\n"),
  },
  { name: "204, and nothing", way: "pull", exit: 15, serve: bad(head("204 No Content")) },
  {
    name: "compressed, though that was not asked for",
    way: "pull",
    exit: 15,
    serve: ({ pack }) => ({ send }) => {
      const body = gzipSync(pack);
      return send(ok(body.length, "Content-Encoding: gzip"), body);
    },
  },
];

const LAST_CHUNK = "0\r\n\r\n";

function chunked(bytes: Uint8Array): (string | Uint8Array)[] {
  const parts: (string | Uint8Array)[] = [];
  for (let at = 0; at < bytes.length; at += 50_000) {
    const part = bytes.subarray(at, at + 50_000);
    parts.push(`${part.length.toString(16)}\r\n`, part, "\r\n");
  }
  return parts;
}
