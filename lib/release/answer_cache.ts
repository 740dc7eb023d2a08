import { join } from "node:path";
import * as z from "zod";
import { parseJson } from "../codec/mod.ts";
import { digestOf, hexOf } from "../digest/mod.ts";
import { readRegular, writeAtomic } from "../files/mod.ts";
import { RELEASE } from "../limits.ts";

/** An answer of the API that was kept, to be asked for again by its tag (RFC 9110, 13.1.2). */
export interface KeptAnswer {
  etag: string;
  /** The Link header. */
  link?: string;
  body: string;
}

/** Answers by their address. */
export interface AnswerCache {
  /** Undefined when there is none, or what is there is broken. */
  get(url: string): Promise<KeptAnswer | undefined>;
  set(url: string, answer: KeptAnswer): Promise<void>;
}

const schema = z.strictObject({
  schema_version: z.literal(1),
  url: z.string(),
  etag: z.string().regex(/^(?:W\/)?"[\u0021\u0023-\u007e]{0,256}"$/),
  link: z.string().optional(),
  digest: z.string(),
  body: z.string(),
});

/**
 * Answers in files of a folder (made when missing), one each, readable by this user alone: those to a token may be private.
 *
 * A cache saves requests and is not needed: what cannot be read, is malformed, or has not the digest that it was written with is
 * not there, and what cannot be written is not kept. Its answers are only used when the server says that they still hold.
 */
export function answerCache(folder: string): AnswerCache {
  const pathOf = (url: string) => join(folder, `${hexOf(digestOf(url))}.json`);
  return {
    async get(url) {
      try {
        const bytes = await readRegular(pathOf(url), { maxBytes: RELEASE.cachedBytes });
        const kept = schema.parse(parseJson(bytes, { maxBytes: RELEASE.cachedBytes, what: "a kept answer" }));
        return kept.url === url && kept.digest === seal(kept) ? kept : undefined;
      } catch {
        return undefined;
      }
    },
    async set(url, { etag, link, body }) {
      const kept = { schema_version: 1, url, etag, link, digest: seal({ etag, link, body }), body };
      if (!schema.safeParse(kept).success) return;
      try {
        await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
        await writeAtomic(pathOf(url), JSON.stringify(kept), { mode: 0o600 });
      } catch {
        // the next run asks again
      }
    },
  };
}

function seal({ etag, link, body }: KeptAnswer): string {
  return digestOf(JSON.stringify([etag, link ?? null, body]));
}
