import { rawServer, readHead, say } from "./web_server.ts";

/** A request as it came, and how much of the body it got. */
export interface Asked {
  /** Where the range that it asked for begins. */
  from?: number;
  ifRange?: string;
  sentBytes: number;
}

/** How one request is answered. */
export interface Manner {
  /** Default: those of the server. */
  bytes?: Uint8Array;
  etag?: string;
  /** Answers 200 with all of it, whatever is asked for. */
  ignoresRanges?: boolean;
  /** Joins whatever version was asked for. */
  ignoresVersions?: boolean;
  /** In place of the true one. */
  contentRange?: string;
  /** More of the head, each line with its end. */
  head?: string;
  /** Ends the connection after so many bytes of the body. */
  cutAfter?: number;
  /** Keeps the connection then, and says nothing more. */
  hangs?: boolean;
  /** Answers with this and no body. */
  status?: number;
  /** Leaves the length out: the end of the connection is that of the body. */
  endless?: boolean;
}

export interface RangeServer extends AsyncDisposable {
  origin: string;
  asked: Asked[];
}

/** A server of one file that knows ranges (RFC 9110, 14) as far as it is told to. `manner` gets each request with its number, from 1. */
export function rangeServer(
  bytes: Uint8Array,
  manner: (asked: Asked, number: number) => Manner = () => ({}),
): RangeServer {
  const asked: Asked[] = [];
  const server = rawServer(async (connection, ended) => {
    const head = await readHead(connection);
    const from = head.match(/^range: bytes=(\d+)-\r$/im)?.[1];
    const request: Asked = {
      from: from === undefined ? undefined : Number(from),
      ifRange: head.match(/^if-range: (.*)\r$/im)?.[1],
      sentBytes: 0,
    };
    asked.push(request);
    const now = manner(request, asked.length);
    const all = now.bytes ?? bytes;
    const etag = now.etag === undefined ? "" : `ETag: ${now.etag}\r\n`;
    if (now.status !== undefined) {
      return await say(connection, `HTTP/1.1 ${now.status} X\r\nContent-Length: 0\r\n${now.head ?? ""}\r\n`);
    }
    const isSame = now.ignoresVersions || request.ifRange === undefined || request.ifRange === now.etag;
    const joins = request.from !== undefined && isSame && !now.ignoresRanges;
    if (joins && Number(request.from) >= all.length) {
      return await say(
        connection,
        `HTTP/1.1 416 X\r\nContent-Length: 0\r\nContent-Range: bytes */${all.length}\r\n\r\n`,
      );
    }
    const body = joins ? all.subarray(request.from) : all;
    const range = now.contentRange ?? `bytes ${request.from}-${all.length - 1}/${all.length}`;
    await say(
      connection,
      `HTTP/1.1 ${joins ? "206 Partial Content" : "200 OK"}\r\n${
        now.endless ? "" : `Content-Length: ${body.length}\r\n`
      }${joins ? `Content-Range: ${range}\r\n` : ""}${etag}${now.head ?? ""}\r\n`,
    );
    const end = now.cutAfter ?? body.length;
    while (request.sentBytes < end) {
      request.sentBytes += await connection.write(body.subarray(request.sentBytes, end));
    }
    if (now.hangs) await ended;
  });
  return { origin: server.origin, asked, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}
