import { gzipSync } from "node:zlib";
import { TRANSFER } from "../../lib/limits.ts";
import type { FaultyRequest } from "../../tests/servers/faulty_server.ts";
import { askedRange, type Fault, FEW, first, head, nothing, ok, STALL, upTo, well, type World } from "./fault.ts";

const ETAG = 'ETag: "the-pack"';
const CUTS = 50;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const bad = (text: string): Fault["serve"] => () => ({ send }) => send(text);

/** The first part of the pack, then the end of the connection. */
function cut({ pack, share }: World, headers: readonly string[] = [ETAG, "Accept-Ranges: bytes"]) {
  return ({ send }: { send: (...parts: (string | Uint8Array)[]) => Promise<void> }) =>
    send(ok(pack.length, ...headers), pack.subarray(0, upTo(share, pack.length)));
}

/** The download is cut in its middle; what comes then is the fault. */
function afterCut(then: (world: World) => ReturnType<Fault["serve"]>, headers?: readonly string[]): Fault["serve"] {
  return (world) => first(1, cut({ ...world, share: 0.5 }, headers), then(world));
}

/** One answer, then the right one. */
const once = (text: string): Fault["serve"] => ({ pack }) => first(1, ({ send }) => send(text), well(pack));

/** The request is for what is missing, and no more; for all when nothing is there. */
function goesOnAt(request: FaultyRequest, there: number): string | undefined {
  const [range, condition] = [request.headers.get("range"), request.headers.get("if-range")];
  const right = there === 0 ? range === undefined : range === `bytes=${there}-` && condition === '"the-pack"';
  return right ? undefined : `${there} bytes were there, and it asks for ${range} if ${condition}`;
}

const CONNECTIONS: Fault[] = [
  {
    name: "cut after k/50 of the body, once",
    way: "pull",
    cases: CUTS,
    exit: 0,
    serve: (world) => first(1, cut(world), well(world.pack)),
    wrong: ({ requests }, { pack, share }) => goesOnAt(requests[1], upTo(share, pack.length)),
  },
  {
    name: "cut after k/50 of the body, and no more tries: the next run goes on where a MiB or more has come",
    way: "pull",
    cases: CUTS,
    exit: 15,
    args: ["--retries", "0"],
    serve: (world) => cut(world),
    laterWrong: ([request], { pack, share }) => {
      const there = upTo(share, pack.length);
      return goesOnAt(request, there < TRANSFER.keepBytes ? 0 : there);
    },
  },
  {
    name: "cut after k/50 of the body, and --no-resume: the next run begins anew",
    way: "pull",
    cases: 5,
    exit: 15,
    args: ["--retries", "0", "--no-resume"],
    serve: (world) => cut(world),
    laterWrong: ([request]) => goesOnAt(request, 0),
  },
  {
    name: "cut after k/50 of the body, every time, by a server without ranges",
    way: "pull",
    cases: CUTS,
    exit: 15,
    args: FEW,
    serve: (world) => cut(world, []),
  },
  {
    name: "cut after a fifth of what was asked for, every time",
    way: "pull",
    exit: 0,
    serve: ({ pack }) => async (exchange) => {
      const from = askedRange(exchange) ?? 0;
      const fifth = Math.ceil(pack.length / 5);
      const answer = from === 0 ? ok(pack.length, ETAG) : head(
        "206 Partial Content",
        ETAG,
        `Content-Length: ${pack.length - from}`,
        `Content-Range: bytes ${from}-${pack.length - 1}/${pack.length}`,
      );
      await exchange.send(answer, pack.subarray(from, from + fifth));
    },
  },
  {
    name: "cut in the head, at ten places, once",
    way: "pull",
    cases: 10,
    exit: 0,
    serve: ({ pack, share }) => {
      const text = ok(pack.length, ETAG);
      return first(1, ({ send }) => send(text.slice(0, upTo(share, text.length))), well(pack));
    },
  },
  { name: "closed without a word, every time", way: "pull", exit: 15, args: FEW, serve: () => async () => {} },
  {
    name: "reset in the middle of the body, once",
    way: "pull",
    exit: 0,
    server: () => ({ resets: (number) => number === 1 }),
    serve: (world) => first(1, cut({ ...world, share: 0.5 }), well(world.pack)),
  },
  {
    name: "reset in the middle of the body, every time",
    way: "pull",
    exit: 15,
    args: FEW,
    server: () => ({ resets: () => true }),
    serve: (world) => cut({ ...world, share: 0.5 }, []),
  },
  {
    name: "one byte at a time, for longer than the stall time-out",
    way: "pull",
    exit: 0,
    args: STALL,
    serve: ({ pack }) => async ({ send }) => {
      await send(ok(pack.length));
      for (let at = 0; at < 45; at++) {
        await send(pack.subarray(at, at + 1));
        await pause(100);
      }
      await send(pack.subarray(45));
    },
  },
  { name: "stalled before the head", way: "pull", exit: 13, args: STALL, serve: () => ({ ended }) => ended },
  {
    name: "stalled in the body",
    way: "pull",
    exit: 13,
    args: STALL,
    serve: (world) => async (exchange) => {
      await cut({ ...world, share: 0.5 })(exchange);
      await exchange.ended;
    },
  },
];

const SIZES: Fault[] = [
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

const RANGES: Fault[] = [
  {
    name: "206, though the whole was asked for",
    way: "pull",
    exit: 15,
    serve: ({ pack }) => ({ send }) =>
      send(
        head(
          "206 Partial Content",
          `Content-Length: ${pack.length - 10}`,
          `Content-Range: bytes 10-${pack.length - 1}/${pack.length}`,
        ),
        pack.subarray(10),
      ),
  },
  {
    name: "after a cut, 200 with the whole",
    way: "pull",
    exit: 0,
    serve: afterCut(({ pack }) => ({ send }) => send(ok(pack.length), pack)),
  },
  ...[
    ["another beginning", (from: number, size: number) => `bytes ${from - 5}-${size - 1}/${size}`],
    ["another end", (from: number, size: number) => `bytes ${from}-${size - 11}/${size}`],
    ["another size", (from: number, size: number) => `bytes ${from}-${size - 1}/${size + 1}`],
    ["nonsense", () => "bytes nonsense"],
    ["no Content-Range", () => undefined],
  ].map(([what, range]): Fault => ({
    name: `after a cut, 206 with ${what}`,
    way: "pull",
    exit: 0,
    serve: afterCut(({ pack }) => async (exchange) => {
      const from = askedRange(exchange);
      if (from === undefined) return await well(pack)(exchange);
      const value = (range as (from: number, size: number) => string | undefined)(from, pack.length);
      const lines = value === undefined ? [] : [`Content-Range: ${value}`];
      await exchange.send(
        head("206 Partial Content", ETAG, `Content-Length: ${pack.length - from}`, ...lines),
        pack.subarray(from),
      );
    }),
  })),
  {
    name: "after a cut, 416",
    way: "pull",
    exit: 0,
    serve: afterCut(({ pack }) => (exchange) =>
      exchange.request.headers.has("range")
        ? exchange.send(nothing("416 Range Not Satisfiable", `Content-Range: bytes */${pack.length}`))
        : well(pack)(exchange)
    ),
  },
  {
    name: "after a cut, another ETag: the whole is sent, as If-Range asks",
    way: "pull",
    exit: 0,
    serve: afterCut(({ pack }) => well(pack, '"another"')),
  },
  {
    name: "after a cut, another ETag and part of another file, against If-Range",
    way: "pull",
    exit: 0,
    serve: afterCut(({ pack }) => async (exchange) => {
      const from = askedRange(exchange);
      if (from === undefined) return await well(pack)(exchange);
      await exchange.send(
        head(
          "206 Partial Content",
          'ETag: "another"',
          `Content-Length: ${pack.length - from}`,
          `Content-Range: bytes ${from}-${pack.length - 1}/${pack.length}`,
        ),
        pack.subarray(from).map((byte) => byte ^ 255),
      );
    }),
  },
  {
    name: "after a cut of what has a weak ETag",
    way: "pull",
    exit: 0,
    serve: afterCut(({ pack }) => well(pack), ['ETag: W/"the-pack"']),
  },
  { name: "after a cut of what has no ETag", way: "pull", exit: 0, serve: afterCut(({ pack }) => well(pack), []) },
];

const ANSWERS: Fault[] = [
  ...[408, 425, 429, 500, 502, 503, 504].map((status): Fault => ({
    name: `${status}, once`,
    way: "pull",
    exit: 0,
    serve: once(nothing(`${status} Not Now`)),
  })),
  {
    name: "429 with Retry-After: 1, three times",
    way: "pull",
    exit: 0,
    serve: ({ pack }) => first(3, ({ send }) => send(nothing("429 Too Many Requests", "Retry-After: 1")), well(pack)),
  },
  {
    name: "429 without an end",
    way: "pull",
    exit: 15,
    args: FEW,
    serve: bad(nothing("429 Too Many Requests", "Retry-After: 0")),
  },
  {
    name: "429 that asks to wait for a day",
    way: "pull",
    exit: 15,
    serve: bad(nothing("429 Too Many Requests", "Retry-After: 86400")),
  },
  { name: "503 without an end", way: "pull", exit: 15, args: FEW, serve: bad(nothing("503 Service Unavailable")) },
  ...[400, 401, 403, 404, 410].map((status): Fault => ({
    name: String(status),
    way: "pull",
    exit: 15,
    serve: bad(nothing(`${status} No`)),
    wrong: ({ requests }) => status !== 401 && status !== 403 && requests.length > 1 ? "asked again" : undefined,
  })),
  {
    name: "100, 102 and 103 before the answer",
    way: "pull",
    exit: 0,
    serve: ({ pack }) => ({ send }) =>
      send(
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 102 Processing\r\n\r\n",
        [
          "HTTP/1.1 103 Early Hints",
          "Link: </x>",
          "",
          "",
        ].join("\r\n"),
        ok(pack.length),
        pack,
      ),
  },
  {
    name: "100 without an end",
    way: "pull",
    exit: 15,
    serve: () => async ({ send }) => {
      for (;;) await send("HTTP/1.1 100 Continue\r\n\r\n");
    },
  },
  { name: "101", way: "pull", exit: 15, serve: bad("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n") },
  { name: "no HTTP at all", way: "pull", exit: 15, serve: bad("SSH-2.0-OpenSSH_9.9\r\n") },
  { name: "a head without an end", way: "pull", exit: 15, serve: bad(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(100_000)}`) },
  { name: "a line of the head that is no header", way: "pull", exit: 15, serve: bad("HTTP/1.1 200 OK\r\nno\r\n\r\n") },
];

const REDIRECTS: Fault[] = [
  {
    name: "redirect to the same origin: headers go along",
    way: "pull",
    exit: 0,
    endpoint: { headers: { "X-Api-Key": "for-the-store" } },
    serve: ({ pack }) => first(1, ({ send }) => send(nothing("302 Found", "Location: /elsewhere")), well(pack)),
    wrong: ({ requests }) => requests.some(({ headers }) => !headers.has("x-api-key")) ? "a header is gone" : undefined,
  },
  {
    name: "redirect to another origin: headers stay behind",
    way: "pull",
    exit: 0,
    endpoint: { headers: { "X-Api-Key": "for-the-store" } },
    serve: ({ elsewhere }) => ({ send }) => send(nothing("302 Found", `Location: ${elsewhere}/x`)),
    wrong: staysBehind,
  },
  {
    name: "redirect of https to another origin: Authorization and cookies stay behind",
    way: "pull",
    exit: 0,
    server: ({ tls }) => ({ tls: tls.good }),
    endpoint: { headers: { Authorization: "Bearer for-the-store", Cookie: "a=b", "X-Api-Key": "for-the-store" } },
    serve: ({ elsewhere }) => ({ send }) => send(nothing("302 Found", `Location: ${elsewhere}/x`)),
    wrong: staysBehind,
  },
  {
    name: "redirect from https to http",
    way: "pull",
    exit: 15,
    server: ({ tls }) => ({ tls: tls.good }),
    elsewhereTls: false,
    serve: ({ elsewhere }) => ({ send }) => send(nothing("302 Found", `Location: ${elsewhere}/x`)),
    wrong: ({ elsewhere }) => elsewhere.length > 0 ? "it was followed" : undefined,
  },
  { name: "redirect to itself", way: "pull", exit: 15, serve: bad(nothing("302 Found", "Location: /x")) },
  {
    name: "redirect to ever new places",
    way: "pull",
    exit: 15,
    serve: () => ({ send, number }) => send(nothing("307 Temporary Redirect", `Location: /${number}`)),
  },
  {
    name: "redirect to a file",
    way: "pull",
    exit: 15,
    serve: bad(nothing("302 Found", "Location: file:///etc/passwd")),
  },
  {
    name: "redirect to a metadata service",
    way: "pull",
    exit: 15,
    serve: bad(nothing("302 Found", "Location: https://169.254.169.254/x")),
  },
  { name: "redirect to nowhere", way: "pull", exit: 15, serve: bad(nothing("302 Found")) },
];

/** Nothing that was meant for the store may reach another origin, and the pack has to come from there. */
export function staysBehind({ elsewhere }: { elsewhere: readonly { headers: ReadonlyMap<string, string> }[] }) {
  if (elsewhere.length === 0) return "it was not followed";
  const names = ["authorization", "cookie", "x-api-key"];
  const carried = names.filter((name) => elsewhere.some(({ headers }) => headers.has(name)));
  return carried.length > 0 ? `${carried.join(", ")} went along` : undefined;
}

export const pullFaults: readonly Fault[] = [...CONNECTIONS, ...SIZES, ...RANGES, ...ANSWERS, ...REDIRECTS];
