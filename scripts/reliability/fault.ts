import type { Exchange, Fault as Answer, FaultyOptions, FaultyRequest } from "../../tests/servers/faulty_server.ts";

/** What a fault's server has at hand. */
export interface World {
  /** The pack that is pulled, or pushed. */
  pack: Uint8Array<ArrayBuffer>;
  /** The case's place among its fault's cases, from 0; and how far that is, from 0 to less than 1. */
  index: number;
  share: number;
  /** Where another server is, which answers well and writes down what it was asked. */
  elsewhere: string;
  tls: TlsFaults;
}

/** Certificates of servers, all but one not to be trusted. */
export type TlsFaults = Readonly<
  Record<"good" | "unknown_ca" | "wrong_name" | "expired", { cert: string; key: string }>
>;

/** What is to be seen after a run, beside what holds for every fault. */
export interface Observed {
  /** What the faulty server was asked. */
  requests: readonly FaultyRequest[];
  /** What the other server was asked. */
  elsewhere: readonly FaultyRequest[];
  stderr: string;
}

/** One fault, which happens in one or more cases. */
export interface Fault {
  /** As `docs/reliability.md` has it. */
  name: string;
  way: "pull" | "push";
  /** Default 1. */
  cases?: number;
  /** The exit code that a run has to end with; 0 with the right bytes. */
  exit: number;
  serve(world: World): Answer;
  server?: (world: World) => FaultyOptions;
  /** The other server speaks https. Default: as the faulty one. */
  elsewhereTls?: boolean;
  /** Of the adapter's answer: added to its download or upload. */
  endpoint?: { method?: string; headers?: Record<string, string> };
  args?: readonly string[];
  /** Why what was seen is wrong; undefined when it is as it should be. */
  wrong?: (observed: Observed, world: World) => string | undefined;
  /** The same of the later run, by what its server was asked. */
  laterWrong?: (requests: readonly FaultyRequest[], world: World) => string | undefined;
}

/** Few tries, so that what fails for good does so soon. */
export const FEW = ["--retries", "1"];
/** Far longer than what is not a stall takes on a slow machine. */
export const STALL = ["--retries", "0", "--stall-timeout", "4s"];

const ETAG = '"the-pack"';

export function ok(length: number | string, ...headers: string[]): string {
  return head("200 OK", `Content-Length: ${length}`, ...headers);
}

export function head(status: string, ...headers: string[]): string {
  return [`HTTP/1.1 ${status}`, "Connection: close", ...headers, "", ""].join("\r\n");
}

export function nothing(status: string, ...headers: string[]): string {
  return head(status, "Content-Length: 0", ...headers);
}

/** The part that a Range asks for. Undefined when there is no Range, or its If-Range is another's. */
export function askedRange({ request }: Exchange, etag: string = ETAG): number | undefined {
  const condition = request.headers.get("if-range");
  if (condition !== undefined && condition !== etag) return undefined;
  const from = request.headers.get("range")?.match(/^bytes=(\d+)-/)?.[1];
  return from === undefined ? undefined : Number(from);
}

/** Answers well: ranges, with a strong ETag; takes uploads whole. */
export function well(pack: Uint8Array, etag: string = ETAG): Answer {
  return async (exchange) => {
    if (exchange.request.method !== "GET") {
      const body = await exchange.receive();
      const whole = body.length === Number(exchange.request.headers.get("content-length"));
      return await exchange.send(nothing(whole ? "200 OK" : "400 Bad Request"));
    }
    const from = askedRange(exchange, etag);
    if (from === undefined) return await exchange.send(ok(pack.length, `ETag: ${etag}`, "Accept-Ranges: bytes"), pack);
    if (from >= pack.length) {
      return await exchange.send(nothing("416 Range Not Satisfiable", `Content-Range: bytes */${pack.length}`));
    }
    await exchange.send(
      head(
        "206 Partial Content",
        `Content-Length: ${pack.length - from}`,
        `Content-Range: bytes ${from}-${pack.length - 1}/${pack.length}`,
        `ETag: ${etag}`,
      ),
      pack.subarray(from),
    );
  };
}

/** Answers badly so often, then well. */
export function first(times: number, bad: Answer, then: Answer): Answer {
  return (exchange) => (exchange.number <= times ? bad(exchange) : then(exchange));
}

/** The number of bytes up to a cut: never all of them. */
export function upTo(share: number, length: number): number {
  return Math.min(length - 1, Math.floor(length * share));
}

/** One answer, always the same. */
export const bad = (text: string): Fault["serve"] => () => ({ send }) => send(text);

/** One answer, then the right one. */
export const once = (text: string): Fault["serve"] => ({ pack }) => first(1, ({ send }) => send(text), well(pack));
