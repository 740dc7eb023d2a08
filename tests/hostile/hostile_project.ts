import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "../../scripts/root.ts";
import { epack } from "../epack.ts";
import { type ScriptedProject, scriptedProject } from "../workflow/scripted_project.ts";

/** How one run of the program ended, and what it took. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
  /** Of `--json`. */
  error?: { code: string; message: string; hint?: string; origin: string; exit: number };
  seconds: number;
  /** Of the program itself or its largest child; Linux only. */
  peakMib?: number;
}

/** A fault of `epack-remote-hostile`. */
export interface Fault {
  name: string;
  /** The command at which it happens. */
  at: string;
  takes?: readonly unknown[];
}

export interface AttackOptions {
  /** The fault leaves a process in a session of its own, which is ended here. */
  daemon?: boolean;
  /** Put in front of the program. */
  wrapper?: readonly string[];
  env?: Record<string, string>;
}

/** A project with a hostile adapter, and what its faults took. */
export interface HostileProject extends ScriptedProject {
  /**
   * Sets a fault, runs the program over an old `out.epack`, and asserts what holds for every fault: it ends well within its
   * time-out, with little more memory than a good adapter takes; the adapter's processes are gone; nothing is left in the
   * temporary folder or beside the output.
   */
  attack(fault: Fault | undefined, args: readonly string[], options?: AttackOptions): Promise<Outcome>;
  /** What the output holds now. */
  output(): string;
  receipts(kind: "push" | "pull"): string[];
  /** A line for each fault that was attacked with: what it took. */
  table(): string;
}

/** What `out.epack` holds before each run. */
export const OLD = "the old file";

/** How much more memory than with a good adapter. */
const GROWTH_MIB = 64;
/** A killed process is gone long before this. */
const GONE_MS = 20_000;
/** Far beyond what any fault takes, and far below the five minutes of a command. */
const MOST_SECONDS = 30;

/** @param options.adapter default: `epack-remote-hostile` */
export async function hostileProject(options: { adapter?: string } = {}): Promise<HostileProject> {
  const project = await scriptedProject({ adapter: options.adapter ?? "epack-remote-hostile" });
  const { path, store } = project;
  /** By fault and command: the most that it took. */
  const measures = new Map<string, { seconds: number; peakMib: number }>();
  await largeRequests(path);

  const run = async (fault: Fault | undefined, args: readonly string[], options: AttackOptions = {}) => {
    const { name, at, takes } = fault ?? { name: "none", at: "none" };
    await Deno.writeTextFile(join(store, "fault.json"), JSON.stringify({ fault: name, at, takes }));
    await Deno.writeTextFile(join(path, "out.epack"), OLD);
    await removeAll([join(path, ".epack/receipts"), join(store, "pids"), join(store, "beats")]);
    const env = { TMPDIR: join(path, "tmp"), ...options.env };
    const outcome = await measured(args, { cwd: path, env, wrapper: options.wrapper ?? [] });
    const { seconds = 0, peakMib = 0 } = measures.get(`${name} at ${at}`) ?? {};
    measures.set(`${name} at ${at}`, {
      seconds: Math.max(seconds, outcome.seconds),
      peakMib: Math.max(peakMib, outcome.peakMib ?? 0),
    });
    return outcome;
  };
  const good = await run(undefined, ["pull", "s", "-o", "out.epack", "--force"]);
  if (good.code !== 0) throw new Error(good.stderr);

  return {
    ...project,
    async attack(fault, args, options = {}) {
      const outcome = await run(fault, args, options);
      const alive = await stillAlive(await pidsOf(store), { most: options.daemon ? 1 : 0 });
      for (const pid of alive) Deno.kill(pid, "SIGKILL");
      assert.equal(alive.length, options.daemon ? 1 : 0, `processes left: ${alive}`);
      assert.ok(await isQuiet(join(store, "beats")), "something forks on");
      assert.deepEqual(project.tempFiles(), []);
      assert.deepEqual(await project.leftovers(), ["out.epack"]);
      assert.ok(outcome.seconds < MOST_SECONDS, `${outcome.seconds} s`);
      if (outcome.peakMib !== undefined && good.peakMib !== undefined) {
        assert.ok(
          outcome.peakMib - good.peakMib < GROWTH_MIB,
          `${outcome.peakMib} MiB, a good one ${good.peakMib} MiB`,
        );
      }
      return outcome;
    },
    output: () => Deno.readTextFileSync(join(path, "out.epack")),
    receipts: (kind) => {
      const folder = join(path, ".epack/receipts", kind, "s");
      return isThere(folder) ? [...Deno.readDirSync(folder)].map(({ name }) => name) : [];
    },
    table: () =>
      [...measures].map(([fault, { seconds, peakMib }]) =>
        `${fault.padEnd(40)} ${seconds.toFixed(2)} s ${peakMib.toFixed(0).padStart(5)} MiB`
      ).join("\n"),
  };
}

/** Every request is larger than a pipe takes at once, so that one which is not read is noticed. */
async function largeRequests(path: string): Promise<void> {
  const config = join(path, "epack.yaml");
  const text = await Deno.readTextFile(config);
  await Deno.writeTextFile(config, `${text}    extensions: {filler: "${"x".repeat(120_000)}"}\n`);
}

async function measured(
  args: readonly string[],
  options: { cwd: string; env: Record<string, string>; wrapper: readonly string[] },
): Promise<Outcome> {
  const report = await Deno.makeTempFile({ prefix: "epack-measured-" });
  try {
    const wrapper = ["/usr/bin/python3", "-IS", `${ROOT}tests/hostile/measured.py`, report, ...options.wrapper];
    const run = await epack([...args], { ...options, wrapper });
    const [seconds, kib] = (await Deno.readTextFile(report)).split(" ").map(Number);
    const error = run.stdout.startsWith("{") ? JSON.parse(run.stdout).error : undefined;
    return { ...run, error, seconds, peakMib: Deno.build.os === "linux" ? kib / 1024 : undefined };
  } finally {
    await Deno.remove(report);
  }
}

async function removeAll(paths: readonly string[]): Promise<void> {
  for (const path of paths) if (isThere(path)) await Deno.remove(path, { recursive: true });
}

async function pidsOf(store: string): Promise<number[]> {
  const text = await Deno.readTextFile(join(store, "pids")).catch(() => "");
  return text.split("\n").filter((line) => line !== "").map(Number);
}

/** Those that still run; more than there may be get a while to go: a killed process may take a moment. */
async function stillAlive(pids: readonly number[], options: { most: number }): Promise<number[]> {
  const until = performance.now() + GONE_MS;
  for (;;) {
    const alive = pids.filter(isAlive);
    if (alive.length <= options.most || performance.now() > until) return alive;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** False when a file grows: its writer is always another process. */
async function isQuiet(path: string): Promise<boolean> {
  if (!isThere(path)) return true;
  const before = Deno.statSync(path).size;
  await new Promise((resolve) => setTimeout(resolve, 200));
  return Deno.statSync(path).size === before;
}

function isAlive(pid: number): boolean {
  try {
    // one that waits for its burial does nothing any more
    if (Deno.build.os === "linux") return !/\) [ZX] /.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch {
    return false;
  }
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
