import { Buffer } from "node:buffer";
import { faultyServer } from "../../tests/servers/faulty_server.ts";
import { type Fault, well, type World } from "./fault.ts";
import type { Ended, Project, Workshop } from "./workshop.ts";

const OLD = new TextEncoder().encode("the old file");

/** Which of a fault's cases; and how far through them that is. */
export interface Case {
  index: number;
  share: number;
  /** False: no run without the fault follows a failure. Default true. */
  later?: boolean;
}

/** All cases of a fault, or so many of them, evenly spread. */
export function casesOf(fault: Fault, atMost: number = Infinity): Case[] {
  const all = fault.cases ?? 1;
  const count = Math.min(all, atMost);
  return Array.from({ length: count }, (_, index) => ({ index, share: index / count }));
}

/**
 * Runs the whole program against one case of a fault, and again without it. Gives what was not as promised; nothing when all was.
 *
 * A pull goes over an old file in every other case, and to a free name in the others.
 */
export async function runFault(fault: Fault, which: Case, workshop: Workshop): Promise<string[]> {
  const project = await workshop.project();
  await using elsewhere = faultyServer(well(workshop.pack), {
    tls: fault.elsewhereTls ?? fault.server !== undefined ? workshop.tls.good : undefined,
  });
  const world: World = { ...which, pack: workshop.pack, tls: workshop.tls, elsewhere: elsewhere.origin };
  await using server = faultyServer(fault.serve(world), fault.server?.(world));
  const endpoint = { url: `${server.origin}/x`, ...fault.endpoint };
  await project.script({ "pull.prepare": { download: endpoint }, "push.prepare": { upload: endpoint } });

  const before = which.index % 2 === 0 ? OLD : undefined;
  if (before !== undefined && fault.way === "pull") Deno.writeFileSync(`${project.path}/out.epack`, before);
  const command = fault.way === "pull" ? ["pull", "s", "-o", "out.epack", "--force"] : ["push", "s", "good.epack"];
  const run = await project.run([...command, ...fault.args ?? []]);
  const taken = [...server.requests, ...elsewhere.requests].map(({ body }) => body);
  const wrong = [
    ...endedWrong(run, fault.exit),
    ...(fault.way === "pull"
      ? pullWrong(project, { before: run.code === 0 ? workshop.pack : before, run })
      : pushWrong(project, { pack: workshop.pack, taken, run })),
  ];
  const said = fault.wrong?.({ requests: server.requests, elsewhere: elsewhere.requests, stderr: run.stderr }, world);
  if (said !== undefined) wrong.push(said);
  if (run.code !== 0 && which.later !== false) wrong.push(...await laterWrong(project, { fault, command, world }));
  if (wrong.length === 0) project.remove();
  return wrong;
}

/** Ends with the code that is documented, and with an error that names what went wrong. */
function endedWrong({ code, stderr }: Ended, exit: number): string[] {
  if (code !== exit) return [`ended with ${code}, not ${exit}: ${stderr.trim()}`];
  const clear = /^error: .{20,}/m.test(stderr) && !/internal|^\s+at /m.test(stderr);
  return code === 0 || clear ? [] : [`the error is not clear: ${stderr}`];
}

function pullWrong(project: Project, { before, run }: { before: Uint8Array | undefined; run: Ended }): string[] {
  const wrong: string[] = [];
  if (!equal(project.read("out.epack"), before)) wrong.push("the output is neither the old file nor the pack");
  if (project.receipts("pull") !== (run.code === 0 ? 1 : 0)) wrong.push("the receipts do not say what happened");
  // what was downloaded may stay beside the output for the next run, under a name that nobody takes for a pack
  const left = project.leftovers().filter((name) => run.code === 0 || !/^\.out\.epack\..*partial/.test(name));
  if (left.length > 0) wrong.push(`left behind: ${left.join(", ")}`);
  return wrong;
}

function pushWrong(
  project: Project,
  { pack, taken, run }: { pack: Uint8Array; taken: Uint8Array[]; run: Ended },
): string[] {
  const wrong: string[] = [];
  const done = run.code === 0;
  const finalized = project.asked().filter((command) => command === "push.finalize").length;
  if (finalized !== (done ? 1 : 0)) wrong.push(`released ${finalized} times`);
  if (done && !taken.some((body) => equal(body, pack))) wrong.push("released, and the store has not all of it");
  if (project.receipts("push") !== (done ? 1 : 0)) wrong.push("the receipts do not say what happened");
  if (!equal(project.read("good.epack"), pack)) wrong.push("the pack itself changed");
  const left = project.leftovers();
  if (left.length > 0) wrong.push(`left behind: ${left.join(", ")}`);
  return wrong;
}

/** The same command against a server that is well. */
async function laterWrong(
  project: Project,
  { fault, command, world }: { fault: Fault; command: string[]; world: World },
): Promise<string[]> {
  const { pack } = world;
  await using server = faultyServer(well(pack));
  const endpoint = { url: `${server.origin}/x`, method: fault.endpoint?.method };
  await project.script({ "pull.prepare": { download: endpoint }, "push.prepare": { upload: endpoint } });
  const run = await project.run(command);
  const taken = server.requests.map(({ body }) => body);
  return [
    ...endedWrong(run, 0),
    ...(fault.way === "pull" ? pullWrong(project, { before: pack, run }) : pushWrong(project, { pack, taken, run })),
    fault.laterWrong?.(server.requests, world) ?? [],
  ].flat().map((each) => `the later run: ${each}`);
}

export function equal(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return Buffer.from(one.buffer, one.byteOffset, one.length).equals(other);
}
