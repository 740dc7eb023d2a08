/** kill -9 at random moments. */
import { join } from "node:path";
import { type Exchange, type FaultyServer, faultyServer } from "../../tests/servers/faulty_server.ts";
import { askedRange, head, ok, well } from "./fault.ts";
import { equal } from "./run_fault.ts";
import type { Ended, Project, Workshop } from "./workshop.ts";

/** What is killed. */
export interface Killing {
  /** As `docs/reliability.md` has it. */
  name: string;
  way: "pull" | "push";
  over: "http" | "a folder";
}

export const killings: readonly Killing[] = (["pull", "push"] as const).flatMap((way) =>
  (["http", "a folder"] as const).map((over) => ({
    name: `kill -9 of a ${way} ${way === "pull" ? "from" : "to"} ${over}`,
    way,
    over,
  }))
);

export interface Killed {
  /** How many runs were killed; those that were faster are not among them. */
  killed: number;
  /** When, as a reader of the log wants to know: the last thing that the remote had seen. */
  moments: Record<string, number>;
  /** How many of the runs that followed went on with what was there. */
  resumed: number;
  wrong: string[];
}

const OLD = new TextEncoder().encode("the old file");

/** How long a run took in all, and up to its first question to the adapter. */
interface Times {
  wholeMs: number;
  startMs: number;
}

/**
 * Kills so many runs of the whole program, and lets each be followed by a run that is left alone. Every fourth is killed at a random
 * moment of the time that a whole run takes, the others at one after the adapter was first asked: starting is a good part of a run.
 *
 * @param options.random from 0 to less than 1
 */
export async function killRuns(
  killing: Killing,
  workshop: Workshop,
  options: { times: number; random: () => number },
): Promise<Killed> {
  const { times, random } = options;
  const result: Killed = { killed: 0, moments: {}, resumed: 0, wrong: [] };
  let usual: Times | undefined;
  for (let round = 0; result.killed < times && result.wrong.length < MOST_WRONG; round++) {
    const project = await workshop.project();
    await using server = slowServer(workshop);
    const command = await prepared(project, killing, server);
    const before = round % 2 === 0 ? OLD : undefined;
    if (before !== undefined) Deno.writeFileSync(placeOf(project, killing), before);
    let context = "left alone: ";
    if (usual !== undefined) {
      const anywhere = round % 4 === 0;
      const moment = random() * (usual.wholeMs - (anywhere ? 0 : usual.startMs));
      const signal = await killedRun(project, command, { moment, anywhere });
      // one that was faster does not count
      if (signal === "SIGKILL") result.killed++;
      const last = project.asked().at(-1) ?? "nothing";
      if (signal === "SIGKILL") result.moments[last] = (result.moments[last] ?? 0) + 1;
      context = `killed after ${last} was asked: `;
      result.wrong.push(
        ...wrongAfterKill(project, { killing, before, workshop, server }).map((each) => context + each),
      );
    }
    const { ended, ...took } = await wholeRun(project, command);
    usual = took;
    if (server.requests.some(({ headers }) => headers.has("range"))) result.resumed++;
    if (ended.code !== 0) result.wrong.push(`${context}the next run ends with ${ended.code}: ${ended.stderr}`);
    result.wrong.push(...wrongAtEnd(project, { killing, workshop, server }).map((each) => context + each));
    try {
      project.remove();
    } catch { /* an adapter of a killed run may still be writing: the workshop removes it */ }
  }
  return result;
}

const MOST_WRONG = 10;

async function killedRun(
  project: Project,
  command: string[],
  { moment, anywhere }: { moment: number; anywhere: boolean },
): Promise<string | null> {
  const { child, ended } = project.start(command);
  let over = false;
  ended.finally(() => over = true);
  while (!anywhere && !over && project.asked().length === 0) await pause(5);
  await pause(moment);
  try {
    child.kill("SIGKILL");
  } catch { /* it was faster */ }
  await ended;
  return (await child.status).signal;
}

async function wholeRun(project: Project, command: string[]): Promise<Times & { ended: Ended }> {
  const start = performance.now();
  const before = project.asked().length;
  let startMs: number | undefined;
  const { ended } = project.start(command);
  let over = false;
  ended.finally(() => over = true);
  while (!over) {
    if (startMs === undefined && project.asked().length > before) startMs = performance.now() - start;
    await pause(5);
  }
  return { ended: await ended, wholeMs: performance.now() - start, startMs: startMs ?? 0 };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Where the bytes go to in the end. */
function placeOf(project: Project, { way }: Killing): string {
  return join(project.path, way === "pull" ? "out.epack" : "store/store.epack");
}

async function prepared(project: Project, { way, over }: Killing, server: FaultyServer): Promise<string[]> {
  const url = `${server.origin}/x`;
  if (over === "http") {
    await project.script({ "pull.prepare": { download: { url } }, "push.prepare": { upload: { url } } });
  }
  return way === "pull" ? ["pull", "s", "-o", "out.epack", "--force"] : ["push", "s", "good.epack"];
}

/** What was there is there, or what was to come; nothing is said to be done that is not. */
function wrongAfterKill(
  project: Project,
  state: { killing: Killing; before: Uint8Array | undefined; workshop: Workshop; server: FaultyServer },
): string[] {
  const { killing, before, workshop: { pack }, server } = state;
  const wrong: string[] = [];
  const there = project.read(killing.way === "pull" ? "out.epack" : "store/store.epack");
  const whole = equal(there, pack) || equal(there, before ?? (killing.way === "pull" ? undefined : pack));
  if (killing.over === "a folder" || killing.way === "pull") { if (!whole) wrong.push("a part under the final name"); }
  if (!equal(project.read("good.epack"), pack)) wrong.push("the pack itself changed");
  const stray = project.leftovers().filter((name) => !/^(?:store\/|tmp\/)?(?:\.|epack)/.test(name));
  if (stray.length > 0) wrong.push(`under a name that seems final: ${stray.join(", ")}`);
  const finalized = project.asked().includes(`${killing.way}.finalize`);
  if (project.receipts(killing.way) > 0 && !finalized) wrong.push("a receipt of what was not done");
  const taken = server.requests.some(({ body }) => equal(body, pack));
  if (killing.way === "push" && killing.over === "http" && finalized && !taken) {
    wrong.push("released, and the store has not all of it");
  }
  return wrong;
}

function wrongAtEnd(
  project: Project,
  { killing, workshop: { pack }, server }: { killing: Killing; workshop: Workshop; server: FaultyServer },
): string[] {
  const wrong: string[] = [];
  const arrived = killing.way === "push" && killing.over === "http"
    ? server.requests.some(({ body }) => equal(body, pack))
    : equal(project.read(killing.way === "pull" ? "out.epack" : "store/store.epack"), pack);
  if (!arrived) wrong.push("the next run did not bring the pack");
  if (project.receipts(killing.way) < 1) wrong.push("the next run left no receipt");
  // a folder that was made in the moment of the kill has no mark yet: it is empty, and removed when it is some seconds old
  const left = project.leftovers().filter((name) => !isEmptyFolder(join(project.path, name)));
  if (left.length > 0) wrong.push(`the next run leaves ${left.join(", ")}`);
  return wrong;
}

function isEmptyFolder(path: string): boolean {
  try {
    return [...Deno.readDirSync(path)].length === 0;
  } catch {
    return false;
  }
}

/** Gives and takes the pack in pieces, so that a good part of a run is its transfer. */
function slowServer({ pack }: Workshop): FaultyServer {
  const piece = Math.ceil(pack.length / 40);
  const take = async (exchange: Exchange) => {
    const length = Number(exchange.request.headers.get("content-length"));
    for (let taken = 0; taken < length;) {
      const { length: now } = await exchange.receive(Math.min(length, taken + piece));
      if (now === taken) return;
      taken = now;
      await pause(5);
    }
    await well(pack)(exchange);
  };
  return faultyServer(async (exchange) => {
    if (exchange.request.method !== "GET") return await take(exchange);
    const from = askedRange(exchange) ?? 0;
    const etag = 'ETag: "the-pack"';
    await exchange.send(
      from === 0 ? ok(pack.length, etag) : head(
        "206 Partial Content",
        etag,
        `Content-Length: ${pack.length - from}`,
        `Content-Range: bytes ${from}-${pack.length - 1}/${pack.length}`,
      ),
    );
    for (let at = from; at < pack.length; at += piece) {
      await exchange.send(pack.subarray(at, at + piece));
      await pause(5);
    }
  });
}

/** Numbers from 0 to less than 1 that are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
