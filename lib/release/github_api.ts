import type * as z from "zod";
import { type JsonValue, parseJson } from "../codec/mod.ts";
import { EpackError } from "../errors.ts";
import { RELEASE } from "../limits.ts";
import type { Resolve } from "../net/mod.ts";
import { answerCache } from "./answer_cache.ts";
import { apiFailure } from "./api_failure.ts";
import { type ApiAnswer, apiGet } from "./api_get.ts";
import { type AttemptOptions, withAttempts } from "./attempts.ts";
import { API_VERSION } from "./github_answers.ts";
import type { GithubPlace } from "./github_place.ts";

export interface ApiOptions extends Omit<AttemptOptions, "signal"> {
  /** For proxies and SSL_CERT_FILE. */
  env: Readonly<Record<string, string>>;
  /** Keeps answers by their ETag. Default: none are kept. */
  cacheFolder?: string;
  /** Default: the system's resolver. */
  resolve?: Resolve;
  /** Default: the system's clock. */
  now?: () => Date;
}

/** What is asked, and what for. */
export interface Question {
  /** Below the API, with its query. */
  path: string;
  /** For messages. */
  what: string;
  signal?: AbortSignal;
}

export interface JsonAnswer<Value> {
  value: Value;
  /** Where it came from at last. */
  url: URL;
  /** Its Link header names a next page. */
  hasNext: boolean;
}

/** Requests to the API, each tried again when the network failed. */
export interface GithubApi {
  /** Throws `release_not_found` for what is not there. */
  json<Schema extends z.ZodType>(question: Question & { schema: Schema }): Promise<JsonAnswer<z.infer<Schema>>>;
  /** `use` reads a successful answer; it starts from its beginning with every attempt. */
  asset<Value>(
    question: Question & { use: (answer: ApiAnswer, touch: () => void) => Promise<Value> },
  ): Promise<{ value: Value; attempts: number }>;
}

/** @throws EpackError (its methods) `network`, `timeout`, `transfer_failed`, `url_refused`, `release_not_found` */
export function githubApi(place: GithubPlace, options: ApiOptions): GithubApi {
  const cache = options.cacheFolder === undefined ? undefined : answerCache(options.cacheFolder);
  const failure = async (answer: ApiAnswer, what: string) =>
    apiFailure(answer, {
      what,
      shown: answer.url.host,
      hasToken: place.token !== undefined,
      now: options.now?.() ?? new Date(),
      body: await answer.bodyStart(),
    });
  return {
    async json({ path, what, schema, signal }) {
      const kept = await cache?.get(place.apiUrl + path);
      const headers = {
        Accept: "application/vnd.github+json",
        "X-GitHub-Api-Version": API_VERSION,
        ...kept && { "If-None-Match": kept.etag },
      };
      const { value: got } = await withAttempts(async (attempt) => {
        using answer = await apiGet(place, path, { ...options, ...attempt, headers, what });
        const { url, status } = answer;
        if (status === 304 && kept !== undefined) return { ...kept, url };
        if (status !== 200) throw await failure(answer, what);
        const body = await wholeText(answer, what);
        return { url, body, link: answer.headers.get("link"), etag: answer.headers.get("etag") };
      }, { ...options, signal, what });
      const value = checked(got.body, { schema, what, shown: place.shown });
      if (got.etag !== undefined && got.etag !== kept?.etag) {
        await cache?.set(place.apiUrl + path, { etag: got.etag, link: got.link, body: got.body });
      }
      return { value, url: got.url, hasNext: /<[^>]*>[^,]*;\s*rel="?next\b/.test(got.link ?? "") };
    },
    async asset({ path, what, signal, use }) {
      const headers = { Accept: "application/octet-stream", "X-GitHub-Api-Version": API_VERSION };
      return await withAttempts(async (attempt) => {
        using answer = await apiGet(place, path, { ...options, ...attempt, headers, what, isAsset: true });
        if (answer.status !== 200) throw await failure(answer, what);
        return await use(answer, attempt.touch);
      }, { ...options, signal, what });
    },
  };
}

async function wholeText(answer: ApiAnswer, what: string): Promise<string> {
  const fail = (code: "limit_exceeded" | "transfer_failed", why: string) =>
    new EpackError(code, `${what}: the answer of ${answer.url.host} ${why}`, { origin: "remote" });
  const blocks: Uint8Array<ArrayBuffer>[] = [];
  const block = new Uint8Array(64 * 1024);
  for (let sizeBytes = 0;;) {
    const count = await answer.read(block);
    if (count === null) break;
    sizeBytes += count;
    if (sizeBytes > RELEASE.answerBytes) throw fail("limit_exceeded", `has more than ${RELEASE.answerBytes} bytes`);
    blocks.push(block.slice(0, count));
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await new Blob(blocks).arrayBuffer());
  } catch {
    throw fail("transfer_failed", "is no UTF-8");
  }
}

function checked<Schema extends z.ZodType>(
  body: string,
  options: { schema: Schema; what: string; shown: string },
): z.infer<Schema> {
  const refuse = (why: string, cause?: unknown) =>
    new EpackError("transfer_failed", `${options.what}: the answer of ${options.shown} ${why}`, {
      origin: "remote",
      cause,
    });
  let value: JsonValue;
  try {
    value = parseJson(body, {
      maxBytes: RELEASE.answerBytes,
      maxDepth: RELEASE.answerDepth,
      maxValues: RELEASE.answerValues,
      what: "it",
    });
  } catch (error) {
    throw refuse("is no proper JSON", error);
  }
  const parsed = options.schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refuse(`is not as documented: ${[...issue.path, issue.message].join(" ")}`);
}
