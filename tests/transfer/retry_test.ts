import assert from "node:assert/strict";
import { EpackError } from "../../lib/errors.ts";
import { TRANSFER } from "../../lib/limits.ts";
import { type RetryOptions, withRetries } from "../../lib/transfer/mod.ts";
import { addressExpired, httpFailure, parseRetryAfter } from "../../lib/transfer/http_answer.ts";
import { endpoint } from "./transfers.ts";

const cut = (options: { retryAfterMs?: number } = {}) => new EpackError("network", "cut", options);

/** Runs work that fails as often as there are failures, without a real pause. Gives the pauses. */
async function run(
  failures: readonly unknown[],
  options: RetryOptions & { random?: number; moved?: (attempt: number) => boolean } = {},
) {
  const waits: number[] = [];
  const { random = 1, moved = () => false, ...rest } = options;
  const outcome = await withRetries(({ number, moved: tell }) => {
    if (moved(number)) tell();
    return number <= failures.length ? Promise.reject(failures[number - 1]) : Promise.resolve("done");
  }, {
    ...rest,
    random: () => random,
    sleep: (ms) => Promise.resolve(void waits.push(ms)),
  }).catch((error: unknown) => ({ error }));
  return { waits, ...outcome };
}

Deno.test("withRetries() pauses below a bound that doubles up to its own, at random", async () => {
  assert.deepEqual((await run(Array(5).fill(cut()))).waits, [500, 1000, 2000, 4000, 8000]);
  assert.deepEqual((await run(Array(5).fill(cut()), { random: 0.5 })).waits, [250, 500, 1000, 2000, 4000]);
  assert.deepEqual((await run(Array(5).fill(cut()), { random: 0 })).waits, [0, 0, 0, 0, 0]);
  assert.equal((await run(Array(9).fill(cut()), { retries: 9 })).waits.at(-1), TRANSFER.retryMostMs);
});

Deno.test("withRetries() gives the value with the number of tries, or what the last of them threw", async () => {
  const outcome = await run([cut(), cut()]);
  assert.deepEqual(outcome, { waits: [500, 1000], value: "done", attempts: 3 });
  const last = cut();
  const failed = await run([...Array(TRANSFER.retries).fill(cut()), last, cut()]);
  assert.deepEqual(failed, { waits: [500, 1000, 2000, 4000, 8000], error: last });
});

Deno.test("withRetries() tries once when no retries are wanted, and when the failure does not pass by itself", async () => {
  assert.deepEqual((await run([cut()], { retries: 0 })).waits, []);
  for (const code of ["transfer_failed", "url_refused", "pack_mismatch", "limit_exceeded", "interrupted"] as const) {
    assert.deepEqual((await run([new EpackError(code, "no")])).waits, [], code);
  }
  assert.deepEqual((await run([new EpackError("timeout", "the adapter", { origin: "adapter" })])).waits, []);
  assert.deepEqual((await run([new EpackError("timeout", "stalled", { origin: "network" })])).waits, [500]);
  assert.deepEqual((await run([new Error("ours")])).waits, []);
});

Deno.test("withRetries() counts anew after a try that moved something, within a bound", async () => {
  const every = await run(Array(20).fill(cut()), { retries: 2, moved: (attempt) => attempt % 2 === 0 });
  assert.equal("attempts" in every && every.attempts, 21);
  const endless = await run(Array(1000).fill(cut()), { retries: 2, random: 0, moved: () => true });
  assert.equal(endless.waits.length, TRANSFER.attemptsInAll - 1);
});

Deno.test("withRetries() waits as long as the other side asks, and not at all for what is too long", async () => {
  assert.deepEqual((await run([cut({ retryAfterMs: 7000 })], { random: 0 })).waits, [7000]);
  assert.deepEqual((await run([cut({ retryAfterMs: 7000 })])).waits, [7500]);
  const long = cut({ retryAfterMs: TRANSFER.retryAfterMs + 1 });
  assert.deepEqual(await run([long]), { waits: [], error: long });
});

Deno.test("withRetries() does not pause longer in all than its bound", async () => {
  const { waits } = await run(Array(50).fill(cut({ retryAfterMs: TRANSFER.retryAfterMs })), { random: 0, retries: 40 });
  assert.equal(waits.reduce((sum, ms) => sum + ms), TRANSFER.waitInAllMs);
});

Deno.test("withRetries() says what failed, how long it waits and which try it was", async () => {
  const said: unknown[] = [];
  await run([cut(), cut()], {
    onWait: ({ failure, ...rest }) => said.push({ what: failure.message, ...rest }),
  });
  assert.deepEqual(said, [
    { what: "cut", waitMs: 500, attempt: 1, attempts: 6 },
    { what: "cut", waitMs: 1000, attempt: 2, attempts: 6 },
  ]);
});

Deno.test("withRetries() ends its pause at once when it is aborted", async () => {
  const controller = new AbortController();
  const reason = new EpackError("interrupted", "enough");
  // the pause asked for is far longer than a test may take
  const running = withRetries(() => Promise.reject(cut({ retryAfterMs: TRANSFER.retryAfterMs })), {
    signal: controller.signal,
    onWait: () => queueMicrotask(() => controller.abort(reason)),
  });
  await assert.rejects(running, reason);
  let tries = 0;
  await assert.rejects(
    withRetries(() => Promise.reject(++tries && cut()), { signal: AbortSignal.abort(reason) }),
    { code: "network" },
  );
  assert.equal(tries, 1);
});

Deno.test("parseRetryAfter() reads seconds and dates, and nothing else", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  const cases: [string | undefined, number | undefined][] = [
    ["0", 0],
    ["120", 120_000],
    ["Thu, 01 Jan 2026 00:00:09 GMT", 9000],
    ["Thursday, 01-Jan-26 00:00:09 GMT", 9000],
    ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
    [undefined, undefined],
    ["", undefined],
    ["-1", undefined],
    ["1.5", undefined],
    ["soon", undefined],
    ["2026-01-01T00:00:09Z", undefined],
    ["99999999999999999999", undefined],
  ];
  for (const [header, ms] of cases) assert.equal(parseRetryAfter(header, now), ms, String(header));
});

Deno.test("httpFailure() carries the pause of answers that pass, and says one that is too long", () => {
  const { url } = endpoint("http://127.0.0.1:9/x");
  const failure = (status: number, retryAfter: string) =>
    httpFailure(url, status, { what: "the upload to", retryAfter });
  assert.deepEqual([failure(503, "3").code, failure(503, "3").retryAfterMs], ["network", 3000]);
  assert.deepEqual([failure(404, "3").code, failure(404, "3").retryAfterMs], ["transfer_failed", undefined]);
  assert.match(failure(429, "3600").hint ?? "", /try again in 60 min/);
});

Deno.test("addressExpired() is true of a refusal by a store when the time is over or the store says so, and of nothing else", () => {
  const { url } = endpoint("http://127.0.0.1:1/put");
  const answer = (status: number, body = "") => httpFailure(url, status, { what: "the upload to", body });
  const now = Date.parse("2030-01-01T00:00:00Z");
  const [over, ahead] = ["2029-12-31T23:59:59Z", "2030-01-01T00:00:01Z"];
  assert.equal(addressExpired(answer(403), over, now), true);
  assert.equal(addressExpired(answer(403), ahead, now), false);
  assert.equal(addressExpired(answer(403), undefined, now), false);
  assert.equal(addressExpired(answer(403, "<Message>Request has expired</Message>"), undefined, now), true);
  assert.equal(addressExpired(answer(400, "<Code>ExpiredToken</Code>"), undefined, now), true);
  assert.equal(addressExpired(answer(404), over, now), false);
  assert.equal(addressExpired(answer(503), over, now), false);
  assert.equal(addressExpired(new Error("expired"), over, now), false);
});
