/** A program that is run by this Deno. */
export interface Program {
  /** Shown above its output. */
  title: string;
  args: readonly string[];
  cwd: URL;
  env: Readonly<Record<string, string>>;
}

/** Who waits for its turn goes on all the same: what is not shown yet is kept. */
const UNBOUNDED = new CountQueuingStrategy({ highWaterMark: Infinity });

/** No program hangs for ever, and takes those with it who wait for all. */
const MOST_MINUTES = 40;

/**
 * Runs programs side by side, two at a time where there are two processors. What they say is shown one after the other, each as it
 * comes once it is its turn.
 *
 * @returns of each, in order, whether it ended with 0
 */
export async function inTurn(programs: readonly Program[]): Promise<boolean[]> {
  const outputs = programs.map(() => new TransformStream<Uint8Array, Uint8Array>(undefined, undefined, UNBOUNDED));
  const waiting = [...programs.entries()];
  const succeeded: boolean[] = [];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, program] = next;
      succeeded[index] = await run(program, outputs[index].writable);
    }
  };
  const workers = Array.from({ length: Math.min(2, navigator.hardwareConcurrency) }, work);
  for (const { readable } of outputs) {
    for await (const chunk of readable) {
      for (let written = 0; written < chunk.length;) written += Deno.stdout.writeSync(chunk.subarray(written));
    }
  }
  await Promise.all(workers);
  return succeeded;
}

async function run({ title, args, cwd, env }: Program, output: WritableStream<Uint8Array>): Promise<boolean> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
    env: { ...env },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = output.getWriter();
  const say = (text: string) => writer.write(new TextEncoder().encode(`\n${text}\n`));
  await say(title);
  const timer = setTimeout(() => {
    void say(`${title}: ended, it ran for over ${MOST_MINUTES} minutes`);
    child.kill("SIGKILL");
  }, MOST_MINUTES * 60_000);
  await Promise.all([child.stdout, child.stderr].map(async (stream) => {
    for await (const chunk of stream) await writer.write(chunk);
  }));
  await writer.close();
  clearTimeout(timer);
  return (await child.status).success;
}
