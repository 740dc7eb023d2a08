import assert from "node:assert/strict";
import { Throttle } from "../../lib/transfer/mod.ts";

/** A throttle with a clock that only its pauses move. */
function timed(bytesPerSecond: number) {
  const clock = { now: 0 };
  const throttle = new Throttle(bytesPerSecond, {
    now: () => clock.now,
    sleep: (ms) => Promise.resolve(void (clock.now += ms)),
  });
  return { throttle, clock };
}

Deno.test("Throttle lets a step through at once, and then as many bytes a second as it should", async () => {
  const { throttle, clock } = timed(1000);
  assert.equal(throttle.stepBytes, 125);
  await throttle.take(125);
  assert.equal(clock.now, 0);
  for (let step = 1; step < 80; step++) await throttle.take(125);
  assert.equal(clock.now, 9875);
});

Deno.test("Throttle does not make up for time in which nothing was moved", async () => {
  const { throttle, clock } = timed(1000);
  await throttle.take(125);
  clock.now = 60_000;
  await throttle.take(1000);
  await throttle.take(1000);
  assert.equal(clock.now, 61_000);
});

Deno.test("Throttle is shared by those who take of it", async () => {
  const { throttle, clock } = timed(1000);
  const one = async () => {
    for (let step = 0; step < 10; step++) await throttle.take(100);
  };
  await Promise.all([one(), one()]);
  assert.ok(clock.now >= 1900, String(clock.now));
});

Deno.test("Throttle passes a block on in steps, all of it", async () => {
  const { throttle } = timed(80);
  const sizes: number[] = [];
  await throttle.pass(new Uint8Array(25), { write: (step) => Promise.resolve(void sizes.push(step.length)) });
  assert.deepEqual(sizes, [10, 10, 5]);
  assert.equal(new Throttle(1).stepBytes, 1);
  assert.equal(new Throttle(2 ** 40).stepBytes, 1024 * 1024);
});

Deno.test("Throttle ends its pause when it is aborted", async () => {
  const throttle = new Throttle(1);
  const controller = new AbortController();
  await throttle.take(1_000_000);
  const waiting = throttle.take(1, controller.signal);
  controller.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
});
