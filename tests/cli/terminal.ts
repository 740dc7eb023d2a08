import { epackCommand } from "../../scripts/epack_command.ts";
import { textWidth } from "../../lib/cli/render/text_width.ts";
import { DENO_CACHE } from "../epack.ts";

const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;

/** True where the program that makes pseudo-terminals is the one of util-linux. */
export const hasTerminal = await new Deno.Command("script", { args: ["--version"], stdout: "null", stderr: "null" })
  .output().then(({ success }) => success, () => false);

export interface TerminalRun {
  code: number;
  /** All that was written to the terminal, sequences included. */
  written: string;
}

/**
 * Runs the program on a pseudo-terminal of its own, with stdin, stdout and stderr there.
 *
 * @param options.type is asked after every output; what it returns is typed
 */
export async function onTerminal(
  args: readonly string[],
  options: {
    cwd: string;
    columns: number;
    env?: Record<string, string>;
    type?: (written: string) => string | undefined | Promise<string | undefined>;
    /** A line of shell that runs before the program, on the same terminal. */
    before?: string;
  },
): Promise<TerminalRun> {
  const { cwd, columns, env, type, before = ":" } = options;
  const command = [...epackCommand(), ...args].map(quoted).join(" ");
  const child = new Deno.Command("script", {
    args: ["-qefc", `stty cols ${columns} rows 24; ${before}; exec ${command}`, "/dev/null"],
    cwd,
    env: { CI: "", NO_COLOR: "", TERM: "xterm", ...DENO_CACHE, ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const keys = child.stdin.getWriter();
  const decoder = new TextDecoder();
  let written = "";
  for await (const chunk of child.stdout) {
    written += decoder.decode(chunk, { stream: true });
    const typed = await type?.(written);
    if (typed !== undefined) await keys.write(new TextEncoder().encode(typed));
  }
  const { code } = await child.status;
  await keys.close().catch(() => {});
  return { code, written };
}

/** Columns of each line that was drawn to be drawn again, and of each that says that a step is over. */
export function drawnWidths(written: string): number[] {
  const plain = written.replaceAll(/\u001b\[[\d;]*m/g, "").replaceAll(/\u001b\[\d*[AJ]/g, "\r");
  const drawn = [
    ...plain.matchAll(/([^\r\n\u001b]*)\u001b\[K/g),
    ...plain.matchAll(/(?:^|[\r\n])([✓✗] [^\r\n\u001b]*)/g),
  ];
  return drawn.map(([, line]) => textWidth(line));
}
