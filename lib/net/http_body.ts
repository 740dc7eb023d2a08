import type { ConnectionReader } from "./connection_reader.ts";
import type { HttpHead } from "./http_head.ts";

export interface HttpBody {
  /** As announced, in bytes. */
  sizeBytes?: number;
  /** The next bytes; null at the end. */
  read(into: Uint8Array): Promise<number | null>;
}

/**
 * The body of an answer to GET, PUT or POST (RFC 9112, 6.3): of announced length, in chunks, or up to the end of the connection.
 *
 * @throws EpackError `transfer_failed` for framing that is malformed or says two things; its `read` also `network` when it is cut
 */
export function bodyOf({ status, headers }: HttpHead, reader: ConnectionReader): HttpBody {
  const coding = headers.get("transfer-encoding")?.toLowerCase();
  const length = headers.get("content-length");
  if (coding !== undefined && (coding !== "chunked" || length !== undefined)) {
    throw reader.malformed("it does not say plainly where it ends");
  }
  if (length !== undefined && !/^\d{1,15}$/.test(length)) throw reader.malformed("its length is no number");
  if (status === 204 || status === 304) return { sizeBytes: 0, read: () => Promise.resolve(null) };
  if (coding === "chunked") return { read: chunks(reader) };
  if (length === undefined) return { read: (into) => reader.read(into) };
  const sizeBytes = Number(length);
  let left = sizeBytes;
  return {
    sizeBytes,
    async read(into) {
      if (left === 0) return null;
      const count = await reader.read(into.subarray(0, left));
      if (count === null) throw reader.cut();
      left -= count;
      return count;
    },
  };
}

/** Bytes for the size of a chunk with its extensions, or a trailer. */
const LINE_BYTES = 4096;
const TRAILERS = 32;

function chunks(reader: ConnectionReader): HttpBody["read"] {
  let left = 0;
  let first = true;
  let over = false;
  return async (into) => {
    if (over) return null;
    if (left === 0) {
      if (!first && await reader.line(LINE_BYTES) !== "") throw reader.malformed("a chunk is longer than it says");
      first = false;
      const size = (await reader.line(LINE_BYTES)).match(/^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i)?.[1];
      if (size === undefined) throw reader.malformed("a chunk has no size");
      left = parseInt(size, 16);
    }
    if (left === 0) {
      over = true;
      for (let trailers = 0; await reader.line(LINE_BYTES) !== ""; trailers++) {
        if (trailers > TRAILERS) throw reader.malformed("it has too many trailers");
      }
      return null;
    }
    const count = await reader.read(into.subarray(0, left));
    if (count === null) throw reader.cut();
    left -= count;
    return count;
  };
}
