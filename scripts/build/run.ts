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
  const said = decoder.decode(stderr).trim().split("\n").filter((line) => line.trim() !== "").slice(-6).join("\n");
  throw new Error(`${args[0]} ended with exit code ${code}: ${said}`);
}
