import { TRANSFER } from "../../lib/limits.ts";
import type { FaultyRequest } from "../../tests/servers/faulty_server.ts";
import { askedRange, type Fault, FEW, first, head, nothing, ok, STALL, upTo, well, type World } from "./fault.ts";
import { answerFaults } from "./answer_faults.ts";
import { sizeFaults } from "./size_faults.ts";

const ETAG = 'ETag: "the-pack"';
const CUTS = 50;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The first part of the pack, then the end of the connection. */
function cut({ pack, share }: World, headers: readonly string[] = [ETAG, "Accept-Ranges: bytes"]) {
  return ({ send }: { send: (...parts: (string | Uint8Array)[]) => Promise<void> }) =>
    send(ok(pack.length, ...headers), pack.subarray(0, upTo(share, pack.length)));
}

/** The download is cut in its middle; what comes then is the fault. */
function afterCut(then: (world: World) => ReturnType<Fault["serve"]>, headers?: readonly string[]): Fault["serve"] {
  return (world) => first(1, cut({ ...world, share: 0.5 }, headers), then(world));
}

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

export const pullFaults: readonly Fault[] = [...CONNECTIONS, ...sizeFaults, ...RANGES, ...answerFaults];
