/** What one run of a command took. */
export interface Measure {
  seconds: number;
  /** Peak resident memory of the process, in MiB; of its largest child where the system's `time` says no more. */
  peakMib: number | undefined;
}

const TIME = "/usr/bin/time";

async function hasTime(): Promise<boolean> {
  return await Deno.stat(TIME).then((info) => info.isFile, () => false);
}

/**
 * Runs a command `rounds` times and gives the median time and the highest memory.
 *
 * @throws Error when a run fails: a figure of a failed command is none
 */
export async function measure(
  command: readonly string[],
  options: { cwd: string; rounds: number; before?: () => Promise<void> },
): Promise<Measure> {
  const timed = await hasTime();
  const runs: { seconds: number; peakMib: number | undefined }[] = [];
  for (let round = 0; round < options.rounds; round++) {
    await options.before?.();
    const [program, ...args] = timed ? [TIME, "-f", "peak_kib=%M", ...command] : command;
    const start = performance.now();
    const { code, stderr } = await new Deno.Command(program, {
      args,
      cwd: options.cwd,
      stdout: "null",
      stderr: "piped",
    }).output();
    const seconds = (performance.now() - start) / 1000;
    const text = new TextDecoder().decode(stderr);
    if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${text.slice(-500)}`);
    const peak = text.match(/peak_kib=(\d+)/);
    runs.push({ seconds, peakMib: peak === null ? undefined : Number(peak[1]) / 1024 });
  }
  runs.sort((a, b) => a.seconds - b.seconds);
  const peaks = runs.map((run) => run.peakMib).filter((peak) => peak !== undefined);
  return {
    seconds: runs[Math.floor(runs.length / 2)].seconds,
    peakMib: peaks.length > 0 ? Math.max(...peaks) : undefined,
  };
}
