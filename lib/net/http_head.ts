import { TRANSFER } from "../limits.ts";
import type { ConnectionReader } from "./connection_reader.ts";

/** Status and headers of an answer; names in lower case, several of one name joined by ", ". */
export interface HttpHead {
  status: number;
  headers: ReadonlyMap<string, string>;
}

/** Answers of the kind "go on" (RFC 9110, 15.2) before the one that counts. */
const INTERIM_ANSWERS = 8;

/**
 * Reads the head of an answer (RFC 9112). Only what is plainly well-formed is taken.
 *
 * @throws EpackError `transfer_failed`, `network`
 */
export async function readHead(reader: ConnectionReader): Promise<HttpHead> {
  for (let interim = 0; interim <= INTERIM_ANSWERS; interim++) {
    const head = await readOne(reader);
    if (head.status >= 200) return head;
    if (head.status === 101) break;
  }
  throw reader.malformed("it goes on and on before its answer");
}

async function readOne(reader: ConnectionReader): Promise<HttpHead> {
  const first = await reader.line();
  const status = first.match(/^HTTP\/1\.[01] ([1-5]\d\d)(?: .*)?$/)?.[1];
  if (status === undefined) throw reader.malformed("it begins with no status line");
  const headers = new Map<string, string>();
  for (let left = TRANSFER.headBytes - first.length;;) {
    const line = await reader.line(left);
    if (line === "") return { status: Number(status), headers };
    left -= line.length + 2;
    const match = line.match(/^([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*(.*?)[ \t]*$/);
    if (match === null || match[2].includes("\0")) throw reader.malformed("a line of its head is no header");
    const name = match[1].toLowerCase();
    const before = headers.get(name);
    headers.set(name, before === undefined ? match[2] : `${before}, ${match[2]}`);
  }
}
