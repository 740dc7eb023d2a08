/** Projects to break: each with a remote whose adapter names a faulty server. */
import { join } from "node:path";
import { startEpack } from "../../tests/epack.ts";
import { authority, certificateFor } from "../../tests/servers/authority.ts";
import { scriptedProject } from "../../tests/workflow/scripted_project.ts";
import type { TlsFaults } from "./fault.ts";

export interface Workshop extends AsyncDisposable {
  /** The pack that is pulled and pushed, of some MiB: a part of it is worth keeping. */
  pack: Uint8Array<ArrayBuffer>;
  tls: TlsFaults;
  /** A project of its own: nothing in it but its configuration, its lockfile and the pack as `good.epack`. */
  project(): Promise<Project>;
}

export interface Ended {
  code: number;
  stderr: string;
}

export interface Project {
  path: string;
  /** What the adapter answers, beside what it does by itself. */
  script(answers: Record<string, unknown>): Promise<void>;
  run(args: readonly string[]): Promise<Ended>;
  start(args: readonly string[]): { child: Deno.ChildProcess; ended: Promise<Ended> };
  read(name: string): Uint8Array | undefined;
  /** Commands that the adapter was asked. */
  asked(): string[];
  receipts(kind: "pull" | "push"): number;
  /** Files that were not there before: of the project's folder, of the store's and of the temporary one. */
  leftovers(): string[];
  remove(): void;
}

/** @param packBytes about how large the pack is */
export async function openWorkshop(packBytes = 2_100_000): Promise<Workshop> {
  const origin = await scriptedProject();
  await Deno.writeFile(join(origin.path, "random.bin"), randomBytes(packBytes));
  const built = await origin.epack("build", "--force", "good.epack", "random.bin");
  if (built.code !== 0) throw new Error(built.stderr);
  const pack = await Deno.readFile(join(origin.path, "good.epack"));
  let count = 0;
  return {
    pack,
    tls: await certificates(origin.path),
    async project() {
      const path = join(origin.path, `project-${++count}`);
      const places = { path, store: join(path, "store"), temp: join(path, "tmp") };
      for (const folder of Object.values(places)) Deno.mkdirSync(folder);
      const yaml = Deno.readTextFileSync(join(origin.path, "epack.yaml"));
      Deno.writeTextFileSync(join(path, "epack.yaml"), yaml.replace(origin.store, places.store));
      for (const name of ["epack.lock.yaml", "good.epack"]) {
        Deno.copyFileSync(join(origin.path, name), join(path, name));
      }
      Deno.copyFileSync(join(path, "good.epack"), join(places.store, "store.epack"));
      return projectAt(places, { SSL_CERT_FILE: join(origin.path, "ca.pem"), TMPDIR: places.temp });
    },
    [Symbol.asyncDispose]: () => origin[Symbol.asyncDispose](),
  };
}

const GIVEN = ["epack.yaml", "epack.lock.yaml", "good.epack", "out.epack", ".epack", "store", "tmp"];
const STORED = ["store.epack", "script.json", "requests.log"];

function projectAt(
  { path, store, temp }: { path: string; store: string; temp: string },
  env: Record<string, string>,
): Project {
  const start: Project["start"] = (args) => {
    const child = startEpack([...args], { cwd: path, env });
    const ended = Promise.all([child.status, new Response(child.stdout).text(), new Response(child.stderr).text()]);
    return { child, ended: ended.then(([{ code }, , stderr]) => ({ code, stderr })) };
  };
  return {
    path,
    script: (answers) => Deno.writeTextFile(join(store, "script.json"), JSON.stringify(answers)),
    run: (args) => start(args).ended,
    start,
    read(name) {
      try {
        return Deno.readFileSync(join(path, name));
      } catch {
        return undefined;
      }
    },
    asked() {
      const lines = namesIn(store).includes("requests.log") ? Deno.readTextFileSync(join(store, "requests.log")) : "";
      return lines.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line).command);
    },
    receipts: (kind) => namesIn(join(path, ".epack", "receipts", kind, "s")).filter((name) => /^\d/.test(name)).length,
    leftovers: () => [
      ...namesIn(path).filter((name) => !GIVEN.includes(name)),
      ...namesIn(store).filter((name) => !STORED.includes(name)).map((name) => `store/${name}`),
      ...namesIn(temp).map((name) => `tmp/${name}`),
    ],
    remove: () => Deno.removeSync(path, { recursive: true }),
  };
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return [];
  }
}

async function certificates(folder: string): Promise<TlsFaults> {
  for (const name of ["ca", "stranger"]) await authority(folder, name);
  const good = await certificateFor(folder, ["localhost"]);
  const unknown_ca = await certificateFor(folder, ["localhost"], { ca: "stranger" });
  const wrong_name = await certificateFor(folder, ["other.test"]);
  const expired = await certificateFor(folder, ["localhost"], { days: 0 });
  // it is good for the second it was made in
  const madeAt = Date.now();
  while (Date.now() < madeAt + 1_100) await new Promise((resolve) => setTimeout(resolve, 100));
  return { good, unknown_ca, wrong_name, expired };
}

function randomBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}
