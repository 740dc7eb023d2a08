/** What tests of transfers begin with: bytes, a download into a folder, an upload out of one. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { digestOf } from "../../lib/digest/mod.ts";
import { type ErrorCode, isEpackError } from "../../lib/errors.ts";
import { openRegular } from "../../lib/files/mod.ts";
import { safeHeaders, safeUrl, type UrlRules } from "../../lib/net/mod.ts";
import { download, type TransferOptions, upload } from "../../lib/transfer/mod.ts";

export const BYTES = crypto.getRandomValues(new Uint8Array(60_000)).slice();
/** Several blocks and a bit: the last one is held back until the digest is known. */
export const LARGE = new Uint8Array(3 * 1024 * 1024 + 17).map((_, index) => index % 251);
export const quick: TransferOptions = { env: {}, idleMs: 20_000, retryMs: 1 };

export interface EndpointOptions {
  method?: string;
  headers?: Record<string, string>;
  /** Default: http to this machine is allowed. */
  rules?: UrlRules;
}

export function endpoint(url: string, options: EndpointOptions = {}) {
  const headers = safeHeaders(options.headers);
  const rules = options.rules ?? { allowLoopbackHttp: true };
  return { url: safeUrl(url, { ...rules, headers }), method: options.method, headers };
}

export async function fetchInto(
  folder: string,
  url: string,
  options: Partial<Parameters<typeof download>[2]> & EndpointOptions = {},
) {
  const path = join(folder, "target");
  using file = await Deno.open(path, { create: true, truncate: true, read: true, write: true });
  const result = await download(endpoint(url, options), { file, path }, {
    ...quick,
    maxBytes: 10_000_000,
    output: join(folder, "out"),
    ...options,
  });
  return { ...result, bytes: await Deno.readFile(path) };
}

export async function sendFrom(
  folder: string,
  url: string,
  options: { bytes?: Uint8Array } & EndpointOptions & Partial<TransferOptions> = {},
) {
  const path = join(folder, "source");
  const bytes = options.bytes ?? BYTES;
  await Deno.writeFile(path, bytes);
  using file = await openRegular(path);
  return await upload(endpoint(url, options), { file, fileDigest: digestOf(bytes) }, { ...quick, ...options });
}

/** It fails with this code; gives the error. */
export async function failsWith(code: ErrorCode, run: () => Promise<unknown>): Promise<Error> {
  try {
    await run();
  } catch (error) {
    assert.ok(isEpackError(error), String(error));
    assert.equal(error.code, code, error.message);
    return error;
  }
  throw new assert.AssertionError({ message: `it went through; ${code} was expected` });
}
