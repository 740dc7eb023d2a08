import { join } from "node:path";
import { epack, type EpackRun, startEpack, temporaryFolder } from "../epack.ts";
import { ROOT } from "../../scripts/root.ts";

/** A project with one remote, `s`, whose native adapter behaves but for what a test scripts; and a pack in its store. */
export interface ScriptedProject extends AsyncDisposable {
  path: string;
  /** The folder that the adapter stores in. */
  store: string;
  /** Changes the adapter's answers, by command. */
  script(answers: Record<string, unknown>): Promise<void>;
  epack(...args: string[]): Promise<EpackRun>;
  /** The same with more variables. */
  with(env: Record<string, string>): Pick<ScriptedProject, "epack" | "start">;
  /** Without root's capabilities: file modes hold, as they do for a plain user. */
  epackPlain(...args: string[]): Promise<EpackRun>;
  start(...args: string[]): Deno.ChildProcess;
  read(name: string): Promise<Uint8Array | undefined>;
  /** Commands that the adapter was asked, with their requests. */
  asked(): Promise<{ command: string; request: Record<string, unknown> }[]>;
  /** What stands in the project's folder beside what was put there: leftovers. */
  leftovers(): Promise<string[]>;
  tempFiles(): string[];
}

/** @param options.adapter one of tests/adapters; default: the scripted one */
export async function scriptedProject(
  options: { transport?: string; adapter?: string } = {},
): Promise<ScriptedProject> {
  const root = temporaryFolder();
  const { path } = root;
  const store = join(path, "store");
  const temp = join(path, "tmp");
  await Deno.mkdir(store);
  await Deno.mkdir(temp);
  await Deno.copyFile(
    `${ROOT}tests/adapters/${options.adapter ?? "epack-remote-scripted"}`,
    join(path, "epack-remote-scripted"),
  );
  await Deno.writeTextFile(
    join(path, "epack.yaml"),
    `stream: acme/prod
remotes:
  s:
    binary: ${path}/epack-remote-scripted
    transport: {file_root: "${store}", allow_loopback_http: true${options.transport ?? ""}}
`,
  );
  await Deno.writeTextFile(join(path, "evidence.txt"), "evidence\n".repeat(2000));
  const env = { TMPDIR: temp };
  const run = (...args: string[]) => epack(args, { cwd: path, env });
  for (const args of [["build", "good.epack", "evidence.txt"], ["lock"]]) {
    const { code, stderr } = await run(...args);
    if (code !== 0) throw new Error(stderr);
  }
  await Deno.copyFile(join(path, "good.epack"), join(store, "store.epack"));
  const known = new Set([...Deno.readDirSync(path)].map(({ name }) => name));
  return {
    path,
    store,
    script: (answers) => Deno.writeTextFile(join(store, "script.json"), JSON.stringify(answers)),
    epack: run,
    with: (more) => ({
      epack: (...args) => epack(args, { cwd: path, env: { ...env, ...more } }),
      start: (...args) => startEpack(args, { cwd: path, env: { ...env, ...more } }),
    }),
    epackPlain: (...args) =>
      epack(args, { cwd: path, env, wrapper: ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"] }),
    start: (...args) => startEpack(args, { cwd: path, env }),
    read: (name) => Deno.readFile(join(path, name)).catch(() => undefined),
    async asked() {
      const text = await Deno.readTextFile(join(store, "requests.log")).catch(() => "");
      return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
    },
    leftovers: () =>
      Promise.resolve([...Deno.readDirSync(path)].map(({ name }) => name).filter((name) => !known.has(name))),
    tempFiles: () => [...Deno.readDirSync(temp)].map(({ name }) => name),
    [Symbol.asyncDispose]: () => root[Symbol.asyncDispose](),
  };
}
