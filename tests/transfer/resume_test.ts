/** Downloads that go on where they stopped, and those that must not. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { digestOf } from "../../lib/digest/mod.ts";
import { createStaging } from "../../lib/files/mod.ts";
import { TRANSFER } from "../../lib/limits.ts";
import { download, type TransferOptions } from "../../lib/transfer/mod.ts";
import { temporaryFolder } from "../epack.ts";
import { type Manner, rangeServer } from "../servers/range_server.ts";
import { BYTES, endpoint, failsWith, fetchInto, LARGE, quick } from "./transfers.ts";

const KEY = { remote: "s", digest: digestOf(LARGE), sizeBytes: LARGE.length };
const OTHER = BYTES.map((byte) => byte ^ 1);

/** Downloads into a resumable staging file, as a pull does. */
async function fetchResumable(
  folder: string,
  origin: string,
  options: { expectedBytes?: number; key?: typeof KEY } & Partial<TransferOptions> = {},
) {
  const { key = KEY, ...rest } = options;
  await using staging = await createStaging(join(folder, "out"), { resume: key });
  try {
    const result = await download(endpoint(`${origin}/pack`), staging, {
      ...quick,
      ...rest,
      maxBytes: 10_000_000,
      output: join(folder, "out"),
    });
    return { ...result, bytes: await Deno.readFile(staging.path) };
  } catch (error) {
    staging.resume?.leave();
    throw error;
  }
}

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name);

interface Case {
  manners: Manner[];
  /** Was a size announced? Default: yes. */
  sized?: boolean;
  /** Where each request wants to begin. */
  from: (number | undefined)[];
  resumedBytes: number;
}

const V1 = '"v1"';
const CUT = 20_000;
/** Each is cut once and then goes through. */
const CASES: Record<string, Case> = {
  "goes on behind what came, by the ETag": {
    manners: [{ etag: V1, cutAfter: CUT }, { etag: V1 }],
    from: [undefined, CUT],
    resumedBytes: CUT,
  },
  "goes on by the ETag when no size was announced": {
    manners: [{ etag: V1, cutAfter: CUT }, { etag: V1 }],
    sized: false,
    from: [undefined, CUT],
    resumedBytes: CUT,
  },
  "goes on without an ETag when the size was announced": {
    manners: [{ cutAfter: CUT }, {}],
    from: [undefined, CUT],
    resumedBytes: CUT,
  },
  "begins at zero when there is neither ETag nor size": {
    manners: [{ cutAfter: CUT }, {}],
    sized: false,
    from: [undefined, undefined],
    resumedBytes: 0,
  },
  "begins at zero when the only ETag is weak and there is no size": {
    manners: [{ etag: `W/${V1}`, cutAfter: CUT }, { etag: `W/${V1}` }],
    sized: false,
    from: [undefined, undefined],
    resumedBytes: 0,
  },
  "begins at zero when the server does, since the ETag is another one": {
    manners: [{ etag: V1, bytes: OTHER, cutAfter: CUT }, { etag: '"v2"' }],
    from: [undefined, CUT],
    resumedBytes: 0,
  },
  "begins at zero when the server knows no ranges": {
    manners: [{ etag: V1, bytes: OTHER, cutAfter: CUT }, { ignoresRanges: true }],
    from: [undefined, CUT],
    resumedBytes: 0,
  },
  "asks again for all when the server answers 416": {
    manners: [{ bytes: OTHER, cutAfter: CUT }, { status: 416 }, {}],
    from: [undefined, CUT, undefined],
    resumedBytes: 0,
  },
  "asks again for all when the part that comes is of another version": {
    manners: [{ bytes: OTHER, etag: V1, cutAfter: CUT }, { etag: '"v2"', ignoresVersions: true }, { etag: '"v2"' }],
    from: [undefined, CUT, undefined],
    resumedBytes: 0,
  },
  "goes on twice when it is cut twice": {
    manners: [{ etag: V1, cutAfter: CUT }, { etag: V1, cutAfter: CUT + 1 }, { etag: V1 }],
    from: [undefined, CUT, 2 * CUT + 1],
    resumedBytes: 2 * CUT + 1,
  },
  "takes the end of a connection for a cut, where nothing else ends the body": {
    manners: [{ endless: true, cutAfter: CUT }, { endless: true }],
    from: [undefined, CUT],
    resumedBytes: CUT,
  },
};

for (const [what, { manners, sized = true, from, resumedBytes }] of Object.entries(CASES)) {
  Deno.test(`download() that is cut ${what}`, async () => {
    await using folder = temporaryFolder();
    await using server = rangeServer(BYTES, (_asked, number) => manners[number - 1]);
    const result = await fetchResumable(folder.path, server.origin, {
      expectedBytes: sized ? BYTES.length : undefined,
    });
    assert.deepEqual(server.asked.map(({ from }) => from), from);
    assert.deepEqual(result.bytes, BYTES);
    assert.equal(result.fileDigest, digestOf(BYTES));
    assert.equal(result.resumedBytes, resumedBytes);
  });
}

const LIES = [
  "bytes 0-59999/60000",
  `bytes ${CUT - 1}-59999/60000`,
  `bytes ${CUT + 1}-59999/60000`,
  `bytes ${CUT}-59998/60000`,
  `bytes ${CUT}-60000/60001`,
  `bytes ${CUT}-59999/70000`,
  `bytes */60000`,
  `pages ${CUT}-59999/60000`,
  "",
];
for (const contentRange of LIES) {
  Deno.test(`download() joins nothing to its part that comes as ${JSON.stringify(contentRange)}`, async () => {
    await using folder = temporaryFolder();
    await using server = rangeServer(BYTES, (_asked, number) => number === 1 ? { cutAfter: CUT } : { contentRange });
    const result = await fetchResumable(folder.path, server.origin, { expectedBytes: BYTES.length });
    assert.deepEqual(server.asked.map(({ from }) => from), [undefined, CUT, undefined]);
    assert.deepEqual(result.bytes, BYTES);
    assert.equal(result.resumedBytes, 0);
  });
}

Deno.test("download() gets through a connection that is cut again and again, as long as something comes", async () => {
  await using folder = temporaryFolder();
  const step = BYTES.length / 50;
  await using server = rangeServer(BYTES, () => ({ etag: V1, cutAfter: step }));
  const result = await fetchResumable(folder.path, server.origin, { expectedBytes: BYTES.length, retries: 1 });
  assert.deepEqual(result.bytes, BYTES);
  assert.equal(server.asked.length, 50);
  assert.ok(server.asked.every(({ sentBytes }) => sentBytes === step));
});

Deno.test("download() gives up when the same bytes come again and again", async () => {
  await using folder = temporaryFolder();
  await using server = rangeServer(BYTES, () => ({ ignoresRanges: true, cutAfter: CUT }));
  await failsWith("network", () => fetchResumable(folder.path, server.origin, { expectedBytes: BYTES.length }));
  assert.equal(server.asked.length, TRANSFER.retries + 1);
});

Deno.test("download() that may not be resumed begins at zero each time", async () => {
  await using folder = temporaryFolder();
  await using server = rangeServer(BYTES, (_asked, number) => ({ etag: V1, cutAfter: number === 1 ? CUT : undefined }));
  const result = await fetchInto(folder.path, `${server.origin}/a`, { expectedBytes: BYTES.length });
  assert.deepEqual(server.asked.map(({ from }) => from), [undefined, undefined]);
  assert.deepEqual([result.bytes, result.resumedBytes], [BYTES, 0]);
});

/** A first run that is cut for good, as one that is killed is. */
async function cutRun(folder: string, manner: Manner, cutAfter = 2_000_000): Promise<void> {
  await using server = rangeServer(LARGE, (_asked, number) => number === 1 ? { ...manner, cutAfter } : { status: 503 });
  await failsWith(
    "network",
    () => fetchResumable(folder, server.origin, { expectedBytes: LARGE.length, retries: 0 }),
  );
}

Deno.test("download() goes on with what an earlier run left, and asks by its ETag", async () => {
  await using folder = temporaryFolder();
  await cutRun(folder.path, { etag: V1 });
  assert.deepEqual(names(folder.path).map((name) => name.replace(/[0-9a-f]{8}-[0-9a-f]{4}/, "ID")).sort(), [
    ".out.ID.partial",
    ".out.ID.partial.resume",
  ]);
  await using server = rangeServer(LARGE, () => ({ etag: V1 }));
  const result = await fetchResumable(folder.path, server.origin, { expectedBytes: LARGE.length });
  assert.deepEqual(server.asked, [{ from: 2_000_000, ifRange: V1, sentBytes: LARGE.length - 2_000_000 }]);
  assert.equal(result.fileDigest, digestOf(LARGE));
  assert.equal(result.resumedBytes, 2_000_000);
  assert.deepEqual(names(folder.path), []);
});

Deno.test("download() asks for nothing when an earlier run left all of it", async () => {
  await using folder = temporaryFolder();
  const controller = new AbortController();
  await using whole = rangeServer(LARGE, () => ({ endless: true, hangs: true }));
  const running = fetchResumable(folder.path, whole.origin, {
    expectedBytes: LARGE.length,
    signal: controller.signal,
    onProgress: (done) => done === LARGE.length && controller.abort(new Error("enough")),
  });
  await assert.rejects(running, /enough/);
  await using server = rangeServer(LARGE);
  const result = await fetchResumable(folder.path, server.origin, { expectedBytes: LARGE.length });
  assert.equal(server.asked.length, 0);
  assert.deepEqual([result.fileDigest, result.attempts], [digestOf(LARGE), 0]);
});

for (
  const [what, key] of Object.entries({
    "another digest": { ...KEY, digest: digestOf("x") },
    "another size": { ...KEY, sizeBytes: KEY.sizeBytes + 1 },
    "another remote": { ...KEY, remote: "t" },
  })
) {
  Deno.test(`download() goes on with no part of a pack that has ${what}, and removes it`, async () => {
    await using folder = temporaryFolder();
    await cutRun(folder.path, { etag: V1 });
    await using server = rangeServer(LARGE);
    await fetchResumable(folder.path, server.origin, { key });
    assert.deepEqual(server.asked.map(({ from }) => from), [undefined]);
    assert.deepEqual(names(folder.path), []);
  });
}

Deno.test("download() keeps nothing that is small, and nothing of a server that refuses ranges", async () => {
  await using folder = temporaryFolder();
  await cutRun(folder.path, { etag: V1 }, TRANSFER.keepBytes - 1);
  assert.deepEqual(names(folder.path), []);
  await cutRun(folder.path, { etag: V1, head: "Accept-Ranges: none\r\n" });
  assert.deepEqual(names(folder.path), []);
});

Deno.test("download() leaves a note without the address, its query and its headers", async () => {
  await using folder = temporaryFolder();
  await cutRun(folder.path, { etag: V1 });
  const note = names(folder.path).find((name) => name.endsWith(".resume")) ?? "";
  assert.deepEqual(JSON.parse(await Deno.readTextFile(join(folder.path, note))), {
    version: 1,
    remote: "s",
    digest: KEY.digest,
    size_bytes: LARGE.length,
    etag: V1,
  });
  assert.equal(((await Deno.stat(join(folder.path, note))).mode ?? 0) & 0o777, 0o600);
});
