import type { Context } from "../context.ts";

/** Colours, or none: functions that leave text as it is. */
export interface Palette {
  bold(text: string): string;
  dim(text: string): string;
  green(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
}

const CODES = { bold: 1, dim: 2, green: 32, red: 31, yellow: 33 } as const;

/** Colours on a terminal only, and not with NO_COLOR, CLICOLOR=0, TERM=dumb or `--no-color`. */
export function palette(
  context: Pick<Context, "env" | "stdout" | "stderr">,
  options: { noColor?: boolean; json?: boolean; stream?: "stdout" | "stderr" },
): Palette {
  const { env } = context;
  const off = options.noColor || options.json || !!env.NO_COLOR || env.CLICOLOR === "0" || env.TERM === "dumb";
  const on = !off &&
    (context[options.stream ?? "stdout"].isTerminal ||
      (env.CLICOLOR_FORCE !== undefined && env.CLICOLOR_FORCE !== "0"));
  const paint = (code: number) => (text: string) => (on ? `\u001b[${code}m${text}\u001b[0m` : text);
  return {
    bold: paint(CODES.bold),
    dim: paint(CODES.dim),
    green: paint(CODES.green),
    red: paint(CODES.red),
    yellow: paint(CODES.yellow),
  };
}
