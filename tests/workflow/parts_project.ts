import { join } from "node:path";
import { partsStore } from "../servers/parts_store.ts";
import { type ScriptedProject, scriptedProject } from "./scripted_project.ts";

export const PARTS = 8;

export interface PartsProject extends ScriptedProject {
  partBytes: number;
  /** As `script`, with the offer of parts. */
  scriptParts(answers: Record<string, unknown>): Promise<void>;
}

/** A project whose adapter offers parts, and takes them so small that its pack has eight. */
export async function partsProject(script: Record<string, unknown> = {}): Promise<PartsProject> {
  const project = await scriptedProject();
  const pack = await project.read("good.epack") ?? new Uint8Array();
  const partBytes = Math.ceil(pack.length / PARTS);
  const offer = { version: 1, max_part_bytes: partBytes };
  const scriptParts = (answers: Record<string, unknown>) =>
    project.script({ "--capabilities": { extensions: { "epack.multipart_upload": offer } }, ...answers });
  await scriptParts(script);
  // nothing listens there until a test starts a store
  await Deno.writeTextFile(join(project.store, "origin"), "http://127.0.0.1:1");
  await Deno.remove(join(project.store, "store.epack"));
  return { ...project, partBytes, scriptParts };
}

/** What the adapter was asked. */
export const commandsOf = async (project: ScriptedProject) => (await project.asked()).map(({ command }) => command);

/** Paths below `.epack/uploads/`. */
export async function journals(project: ScriptedProject): Promise<string[]> {
  const folder = join(project.path, ".epack", "uploads");
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => join(folder, name));
}

/** Until something that can be seen is so. A process that ends before that is an error. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  { unless }: { unless: Deno.ChildProcess },
): Promise<void> {
  let ended = false;
  void unless.status.then(() => ended = true);
  for (let was = false; !await isSo(); was = ended) {
    if (was) throw new Error("the process ended before that");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Kills a push when the store has three parts and the push knows it; more are under way then. */
export async function killedPush(project: ScriptedProject): Promise<number[]> {
  const held = Promise.withResolvers<Response>();
  await using store = await partsStore(project.store, {
    first: (part) => part > 3 ? held.promise.then((answer) => answer.clone()) : undefined,
  });
  const child = project.start("push", "s", "good.epack");
  await until(async () => {
    if (store.stored.length < 3 || store.open() < 4) return false;
    const [journal] = (await journals(project)).filter((path) => path.endsWith(".upload"));
    return (await Deno.readTextFile(journal)).split("\n").length > 4;
  }, { unless: child });
  child.kill("SIGKILL");
  await child.status;
  await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
  held.resolve(new Response(null, { status: 503 }));
  return store.stored;
}
