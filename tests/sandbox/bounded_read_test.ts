import assert from "node:assert/strict";
import { readBounded } from "../../lib/sandbox/bounded_read.ts";

/** A pipe that gives these chunks. */
function pipeOf(chunks: Iterable<string>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  const rest = chunks[Symbol.iterator]();
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      const { value, done } = rest.next();
      if (!done) return controller.enqueue(encoder.encode(value));
      controller.close();
      controller.byobRequest?.respond(0);
    },
  });
}

async function read(chunks: Iterable<string>, options: { maxBytes: number; tailBytes?: number }) {
  let overflows = 0;
  const { bytes, overflowed } = await readBounded(pipeOf(chunks), { ...options, onOverflow: () => overflows++ }).done;
  return { text: new TextDecoder().decode(bytes), overflowed, overflows };
}

Deno.test("readBounded() gives all of it when it is within the bound", async () => {
  assert.deepEqual(await read(["one", " ", "two"], { maxBytes: 7 }), {
    text: "one two",
    overflowed: false,
    overflows: 0,
  });
  const large = Array.from({ length: 50 }, (_, number) => String(number % 10).repeat(9_999));
  assert.equal((await read(large, { maxBytes: 1_000_000 })).text, large.join(""));
});

Deno.test("readBounded() stops at the bound and says so once", async () => {
  const endless = function* () {
    for (;;) yield "xxxx";
  };
  const { text, overflowed, overflows } = await read(endless(), { maxBytes: 10 });
  assert.deepEqual({ length: text.length, overflowed, overflows }, { length: 12, overflowed: true, overflows: 1 });
});

Deno.test("readBounded() keeps the last whole lines of a tail", async () => {
  const lines = Array.from({ length: 100_000 }, (_, number) => `line ${number}\n`);
  const { text } = await read(lines, { maxBytes: 10_000_000, tailBytes: 1_000 });
  assert.ok(text.length > 900 && text.length <= 1_000, String(text.length));
  assert.match(text, /^line \d+\n(?:line \d+\n)*line 99999\n$/);
});

Deno.test("readBounded() leaves out the rest of a line whose beginning is cut away", async () => {
  const secret = `token=${"s".repeat(2_000)}`;
  assert.equal((await read([secret, "\nend\n"], { maxBytes: 10_000, tailBytes: 1_000 })).text, "end\n");
  assert.equal((await read([secret], { maxBytes: 10_000, tailBytes: 1_000 })).text, "");
  assert.equal((await read(["short, no line end"], { maxBytes: 10_000, tailBytes: 1_000 })).text, "short, no line end");
});

Deno.test("readBounded() needs little memory for many small chunks", async () => {
  const writes = 'import os\nfor _ in range(400_000): os.write(1, b"12345678")';
  const child = new Deno.Command("/usr/bin/python3", { args: ["-c", writes], stdout: "piped" }).spawn();
  const before = Deno.memoryUsage().rss;
  const { bytes } = await readBounded(child.stdout, { maxBytes: 10_000_000, onOverflow: () => {} }).done;
  await child.status;
  assert.equal(bytes.length, 3_200_000);
  assert.ok(Deno.memoryUsage().rss - before < 64 * 1024 * 1024);
});
