/** Pulls of the whole program that are cut, and the runs after them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Asked, type Manner, type RangeServer, rangeServer } from "../servers/range_server.ts";
import { type ScriptedProject, scriptedProject } from "./scripted_project.ts";

const OLD = "the old file";
const V1 = '"v1"';
const PULL = ["pull", "s", "-o", "out.epack", "--force"];
/** More than is needed for a part to be kept. */
const CUT = 2_000_000;

interface Served extends AsyncDisposable {
  project: ScriptedProject;
  pack: Uint8Array;
  server: RangeServer;
  /** What is beside the output. */
  parts(): string[];
}

let project: ScriptedProject;
let pack: Uint8Array;

Deno.test.beforeAll(async () => {
  project = await scriptedProject();
  const random = new Uint8Array(3_000_000);
  for (let at = 0; at < random.length; at += 60_000) crypto.getRandomValues(random.subarray(at, at + 60_000));
  await Deno.writeFile(join(project.path, "random.bin"), random);
  const built = await project.epack("build", "big.epack", "random.bin");
  assert.equal(built.code, 0, built.stderr);
  pack = await Deno.readFile(join(project.path, "big.epack"));
});
Deno.test.afterAll(async () => {
  await project[Symbol.asyncDispose]();
});

/** The project as if nothing had happened in it, with its pack of 3 MB served over http, and an old output. */
async function served(manner: (asked: Asked, number: number) => Manner): Promise<Served> {
  const parts = () =>
    [...Deno.readDirSync(project.path)].map(({ name }) => name).filter((name) => name.startsWith(".out."));
  for (const name of parts()) await Deno.remove(join(project.path, name));
  for (const name of [...Deno.readDirSync(project.store)].map(({ name }) => name)) {
    await Deno.remove(join(project.store, name));
  }
  await Deno.writeFile(join(project.store, "store.epack"), pack);
  await Deno.writeTextFile(join(project.path, "out.epack"), OLD);
  const server = rangeServer(pack, manner);
  await project.script({ "pull.prepare": { download: { url: `${server.origin}/get?sig=secret` } } });
  return { project, pack, server, parts, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** The first connection stops in the middle, whoever ends it; later ones go through. */
const stopsFirst = (_asked: Asked, number: number): Manner =>
  number === 1 ? { etag: V1, cutAfter: CUT, hangs: true } : { etag: V1 };

/** Starts a pull and waits until its part would outlive it. */
async function stopped({ project, parts }: Served, ...args: string[]): Promise<Deno.ChildProcess> {
  const child = project.start(...PULL, ...args);
  const isThere = args.includes("--no-resume")
    ? () => parts().some((name) => name.endsWith(".partial") && Deno.statSync(join(project.path, name)).size > CUT / 2)
    : () => parts().some((name) => name.endsWith(".resume"));
  while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 10));
  return child;
}

/** Ends it; gives what it said. */
async function end(child: Deno.ChildProcess, signal: Deno.Signal) {
  const said = [child.stdout, child.stderr].map((pipe) => new Response(pipe).text());
  child.kill(signal);
  const { code } = await child.status;
  const [stdout, stderr] = await Promise.all(said);
  return { code, stdout, stderr };
}

async function assertWhole({ project, pack, parts }: Served): Promise<void> {
  assert.deepEqual(await project.read("out.epack"), pack);
  assert.deepEqual(parts(), []);
}

for (const [signal, code] of [["SIGKILL", 137], ["SIGINT", 130]] as const) {
  Deno.test(`pull that ended by ${signal} goes on where it stopped`, async () => {
    await using here = await served(stopsFirst);
    const { project, server, pack } = here;
    const run = await end(await stopped(here), signal);
    assert.equal(run.code, code);
    if (signal !== "SIGKILL") assert.match(run.stderr, /MiB of 2\.9 MiB are kept; run it again to go on/);
    assert.equal(new TextDecoder().decode(await project.read("out.epack")), OLD);

    const again = await project.epack(...PULL, "--json");
    assert.equal(again.code, 0, again.stdout);
    const { from = 0, ifRange, sentBytes } = server.asked[1];
    assert.ok(from >= 1024 * 1024 && from <= CUT, String(from));
    assert.deepEqual([ifRange, sentBytes], [V1, pack.length - from]);
    const result = JSON.parse(again.stdout);
    assert.deepEqual([result.resumed_bytes, result.attempts, result.size], [from, 1, pack.length]);
    const receipt = JSON.parse(await Deno.readTextFile(result.receipt_path));
    const { elapsed_ms, ...transfer } = receipt.transfer;
    assert.deepEqual(transfer, { attempts: 1, resumed_bytes: from });
    assert.ok(elapsed_ms >= 0);
    await assertWhole(here);
  });
}

Deno.test("pull whose connection fails for good keeps what came, says so, and goes on with it", async () => {
  await using here = await served((_asked, number) =>
    number === 1 ? { etag: V1, cutAfter: CUT } : number === 2 ? { status: 503 } : { etag: V1 }
  );
  const run = await here.project.epack(...PULL, "--retries", "1", "--json");
  assert.equal(run.code, 15);
  const { error } = JSON.parse(run.stdout);
  assert.match(error.message, /HTTP 503/);
  assert.equal(error.hint, "1.9 MiB of 2.9 MiB are kept; run it again to go on");
  const again = await here.project.epack(...PULL);
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stderr, /Downloading what is missing: 1\.9 MiB are there already/);
  assert.deepEqual(here.server.asked.map(({ from }) => from), [undefined, CUT, CUT]);
  await assertWhole(here);
});

Deno.test("pull throws away a kept part that is not what it should be, and downloads all of it once more", async () => {
  await using here = await served(stopsFirst);
  const { project, server, parts } = here;
  await end(await stopped(here), "SIGKILL");
  const partial = join(project.path, parts().find((name) => name.endsWith(".partial")) ?? "");
  const bytes = await Deno.readFile(partial);
  bytes[bytes.length - 10] ^= 1;
  await Deno.writeFile(partial, bytes);
  const again = await project.epack(...PULL);
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stderr, /does not fit; all of it is downloaded anew/);
  assert.deepEqual(server.asked.map(({ from }) => from), [undefined, bytes.length, undefined]);
  await assertWhole(here);
});

Deno.test("pull beside another one to the same output takes nothing of its part, and says who has it", async () => {
  await using here = await served(stopsFirst);
  const { project, server } = here;
  const first = await stopped(here);
  const second = await project.epack(...PULL);
  assert.equal(second.code, 1, second.stderr);
  assert.match(second.stderr, new RegExp(`is being written by process ${first.pid} `));
  assert.equal(server.asked.length, 1);
  // the first one still has its own
  await end(first, "SIGKILL");
  const third = await project.epack(...PULL);
  assert.equal(third.code, 0, third.stderr);
  assert.ok((server.asked[1].from ?? 0) > 0);
  await assertWhole(here);
});

Deno.test("pull --no-resume keeps nothing when it is interrupted, and goes on with nothing", async () => {
  await using here = await served((_asked, number) => number <= 2 ? { etag: V1, cutAfter: CUT, hangs: true } : {});
  const { project, server, parts } = here;
  await end(await stopped(here, "--no-resume"), "SIGINT");
  assert.deepEqual(parts(), []);
  await end(await stopped(here), "SIGKILL");
  const again = await project.epack(...PULL, "--no-resume");
  assert.equal(again.code, 0, again.stderr);
  assert.deepEqual(server.asked.map(({ from }) => from), [undefined, undefined, undefined]);
  await assertWhole(here);
});

Deno.test("pull goes on with no part that is older than a week, and removes those of other outputs too", async () => {
  await using here = await served(stopsFirst);
  const { project, server, parts } = here;
  await end(await stopped(here), "SIGKILL");
  const old = new Date(Date.now() - 8 * 24 * 3_600_000);
  for (const name of parts()) {
    const path = join(project.path, name);
    await Deno.utime(path, old, old);
    if (!/\.(?:owner|lock)$/.test(name)) {
      await Deno.copyFile(path, join(project.path, name.replace(".out.", ".other.")));
    }
  }
  for (const name of [...Deno.readDirSync(project.path)].map(({ name }) => name)) {
    if (name.startsWith(".other.")) await Deno.utime(join(project.path, name), old, old);
  }
  const again = await project.epack(...PULL);
  assert.equal(again.code, 0, again.stderr);
  assert.deepEqual(server.asked.map(({ from }) => from), [undefined, undefined]);
  await assertWhole(here);
  assert.deepEqual((await project.leftovers()).filter((name) => name.startsWith(".other.")), []);
});

Deno.test("pull goes on with no part that is a link to another file", async () => {
  for (const link of [Deno.link, Deno.symlink]) {
    await using here = await served(stopsFirst);
    const { project, server, parts } = here;
    await end(await stopped(here), "SIGKILL");
    const partial = join(project.path, parts().find((name) => name.endsWith(".partial")) ?? "");
    const precious = join(project.store, "precious");
    await Deno.rename(partial, precious);
    const before = await Deno.readFile(precious);
    await link(precious, partial);
    const again = await project.epack(...PULL);
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual(server.asked.map(({ from }) => from), [undefined, undefined]);
    assert.deepEqual(await Deno.readFile(precious), before);
    await assertWhole(here);
  }
});

/** What stores say of an address whose time is over, and one that says no more than no. */
for (const status of [401, 403, 410]) {
  Deno.test(`pull asks the adapter for another address when its own answers ${status} in the middle`, async () => {
    await using here = await served((_asked, number) =>
      number === 1 ? { etag: V1, cutAfter: CUT } : number === 2 ? { status } : { etag: V1 }
    );
    const run = await here.project.epack(...PULL);
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stderr, /the address expired, and another one is asked for/);
    assert.deepEqual(here.server.asked.map(({ from }) => from), [undefined, CUT, CUT]);
    const asked = (await here.project.asked()).map(({ command }) => command);
    assert.deepEqual(asked, ["--capabilities", "pull.prepare", "pull.prepare", "pull.finalize"]);
    const again = (await here.project.asked())[2].request.ref;
    assert.deepEqual(again, { release_id: "rel_1" });
    await assertWhole(here);
  });
}

Deno.test("pull asks for another address when the time of the first one was over", async () => {
  await using here = await served((_asked, number) => number === 1 ? { status: 403 } : {});
  // a clock may be off by a minute: it is tried all the same
  const download = {
    url: `${here.server.origin}/get`,
    expires_at: new Date(Date.now() - 1_000).toISOString(),
  };
  await here.project.script({ "pull.prepare": { download } });
  const run = await here.project.epack(...PULL);
  assert.equal(run.code, 0, run.stderr);
  assert.equal(here.server.asked.length, 2);
});

Deno.test("pull gives a connection up on which nothing moves, and goes on over another one", async () => {
  await using here = await served(stopsFirst);
  const run = await here.project.epack(...PULL, "--stall-timeout", "2s");
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stderr, /nothing moved for 2 s \(try 1 of 6\); trying again/);
  assert.deepEqual(here.server.asked.map(({ from }) => from).slice(0, 2), [undefined, CUT]);
  await assertWhole(here);
});

Deno.test("pull asks for no other address when the first answer is a refusal", async () => {
  await using here = await served(() => ({ status: 403 }));
  const run = await here.project.epack(...PULL);
  assert.equal(run.code, 15);
  assert.equal(here.server.asked.length, 1);
});

Deno.test("pull does not go on with another pack that a new address is of", async () => {
  await using here = await served((_asked, number) => number === 1 ? { etag: V1, cutAfter: CUT } : { status: 403 });
  const { project, server } = here;
  // the answer changes with its own second run
  await project.script({
    "pull.prepare": {
      do: "test -e asked && cp ../good.epack store.epack; touch asked",
      download: { url: `${server.origin}/get` },
    },
  });
  const run = await project.epack(...PULL);
  assert.equal(run.code, 2, run.stderr);
  assert.match(run.stderr, /gives another pack now/);
  assert.equal(new TextDecoder().decode(await project.read("out.epack")), OLD);
  assert.deepEqual(here.parts(), []);
});

Deno.test("pull waits as long as a server asks, and says so", async () => {
  await using here = await served((_asked, number) => number === 1 ? { status: 429, head: "Retry-After: 1\r\n" } : {});
  const begun = performance.now();
  const run = await here.project.epack(...PULL);
  assert.equal(run.code, 0, run.stderr);
  assert.ok(performance.now() - begun >= 1000);
  assert.match(run.stderr, /HTTP 429 \(try 1 of 6\); trying again/);
});

Deno.test("pull and push hold to --limit-rate, to and from a folder too", async () => {
  await using _here = await served(() => ({}));
  for (const fromFolder of [false, true]) {
    if (fromFolder) await project.script({});
    const begun = performance.now();
    const run = await project.epack(...PULL, "--limit-rate", "4M", "--json");
    assert.equal(run.code, 0, run.stdout);
    // 3 MB at 4 MiB a second, but for the step that is let through at once
    const receipt = JSON.parse(await Deno.readTextFile(JSON.parse(run.stdout).receipt_path));
    assert.ok(receipt.transfer.elapsed_ms > 500);
    assert.ok(performance.now() - begun > 500);
  }
  // both packs at once: they share the rate, and take as long as one of their size together
  await Deno.copyFile(join(project.path, "big.epack"), join(project.path, "big2.epack"));
  const begun = performance.now();
  const run = await project.epack("push", "s", "big.epack", "big2.epack", "--limit-rate", "4M");
  assert.equal(run.code, 0, run.stderr);
  assert.ok(performance.now() - begun > 1200);
});

Deno.test("pull says what is wrong with a rate, a number of retries and a time", async () => {
  for (
    const [flag, value, says] of [
      ["--limit-rate", "fast", /Cannot read "fast" as a rate: write 500k or 2M/],
      ["--limit-rate", "0", /write 500k or 2M/],
      ["--limit-rate", "0.5", /write 500k or 2M/],
      ["--retries", "-1", /Cannot read "-1" as a number of retries|No flag|alias/],
      ["--retries", "many", /Cannot read "many" as a number of retries/],
      ["--stall-timeout", "0", /as a duration/],
    ] as const
  ) {
    const run = await project.epack("pull", "s", flag, value);
    assert.equal(run.code, 1);
    assert.match(run.stderr, says);
  }
});
