/** Runs a program to its end. @throws Error with the end of its stderr when it fails */
export async function run(
  program: string,
  args: readonly string[],
  options: { cwd: string; env?: Record<string, string>; unset?: readonly string[] },
): Promise<{ stdout: string }> {
  const { cwd, env, unset = [] } = options;
  const inherited = Object.entries(Deno.env.toObject()).filter(([name]) => !unset.includes(name));
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    cwd,
    clearEnv: true,
    env: { ...Object.fromEntries(inherited), NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (code === 0) return { stdout: decoder.decode(stdout) };
  const said = errorOf(decoder.decode(stderr));
  throw new Error(`${args[0]} ended with exit code ${code}: ${said}`);
}

/** What a program says of its failure: from its first line that begins with "error" up to a backtrace, or its last lines. */
function errorOf(text: string): string {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const start = lines.findIndex((line) => /^error\b/i.test(line));
  const said = start === -1 ? lines.slice(-6) : lines.slice(start);
  const end = said.findIndex((line) => /^stack backtrace/i.test(line));
  return (end === -1 ? said : said.slice(0, end)).slice(0, 8).join(" ");
}
