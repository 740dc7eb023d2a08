import { join } from "node:path";
import { epackCommand } from "../scripts/epack_command.ts";

const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;

/** What is done once, when the screen shows a text. */
export interface Reaction {
  to: string;
  /** Typed, with the key for the end of a line. */
  type?: string;
  run?: () => void | Promise<void>;
}

/** Runs the program on a pseudo-terminal, before somebody who reacts as soon as something stands there, in this order. */
export async function onTerminal(
  args: string[],
  options: { cwd: string; env?: Record<string, string>; reactions?: readonly Reaction[] },
): Promise<{ code: number; screen: string }> {
  const child = new Deno.Command("script", {
    args: ["-qefc", [...epackCommand(), ...args].map(quoted).join(" "), join(options.cwd, "typescript")],
    cwd: options.cwd,
    env: { CI: "", NO_COLOR: "1", TERM: "xterm", ...options.env },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const typed = child.stdin.getWriter();
  const left = [...options.reactions ?? []];
  let screen = "";
  let seen = 0;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    screen += text;
    for (let at = 0; left.length > 0 && (at = screen.indexOf(left[0].to, seen)) !== -1;) {
      const [{ to, type, run }] = left.splice(0, 1);
      seen = at + to.length;
      await run?.();
      if (type !== undefined) await typed.write(new TextEncoder().encode(`${type}\n`));
    }
  }
  const { code } = await child.status;
  await typed.close().catch(() => {});
  return { code, screen };
}

/** Where there is none, tests on a terminal cannot be run. */
export const hasTerminals: boolean = await new Deno.Command("script", {
  args: ["--version"],
  stdout: "null",
  stderr: "null",
}).output().then(({ success }) => success, () => false);
