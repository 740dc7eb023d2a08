import { join } from "node:path";
import { epackCommand } from "../../scripts/epack_command.ts";
import { epack, type EpackRun, temporaryFolder } from "../epack.ts";

/** A project with a built-in remote `local`, a native one `native`, and a pack; shell scripts run in its folder. */
export interface ShellProject extends AsyncDisposable {
  path: string;
  /** Runs a script; `epack` in it is the program. */
  sh(script: string, env?: Record<string, string>): Promise<EpackRun>;
}

export const isRoot = Deno.build.os === "linux" && Deno.uid() === 0;
/** The program is one file. */
export const isCompiled = Deno.env.get("EPACK_BIN") !== undefined;

/** True when all of these programs are there. */
export function has(...programs: string[]): boolean {
  return programs.every((name) =>
    new Deno.Command("sh", { args: ["-c", `command -v ${name}`], stdout: "null" }).outputSync().success
  );
}

/** True when this user may make namespaces of mounts, as root in a container may not. */
export function mayMount(): boolean {
  return isRoot && has("unshare") &&
    new Deno.Command("unshare", { args: ["-m", "true"], stdout: "null", stderr: "null" }).outputSync().success;
}

/** The program as words for a shell. */
export const programWords = (): string => epackCommand().map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");

export async function shellProject(): Promise<ShellProject> {
  const root = temporaryFolder();
  const { path } = root;
  await Deno.mkdir(join(path, "store"));
  await Deno.copyFile(new URL("../adapters/epack-remote-python", import.meta.url), join(path, "epack-remote-python"));
  await Deno.writeTextFile(join(path, "evidence.txt"), "evidence\n".repeat(500));
  await Deno.writeTextFile(
    join(path, "epack.yaml"),
    `stream: acme/prod
remotes:
  local: {adapter: filesystem, transport: {file_root: "${path}/releases"}}
  native: {binary: "${path}/epack-remote-python", transport: {file_root: "${path}/store"}, secrets: [PYTHON_ADAPTER_ROOT]}
`,
  );
  const env = { PYTHON_ADAPTER_ROOT: join(path, "store") };
  for (const args of [["build", "a.epack", "evidence.txt"], ["lock"]]) {
    const { code, stderr } = await epack(args, { cwd: path });
    if (code !== 0) throw new Error(stderr);
  }
  return {
    path,
    async sh(script, more = {}) {
      const output = await new Deno.Command("sh", {
        args: ["-c", `epack() { ${programWords()} "$@"; }\n${script}`],
        cwd: path,
        env: { NO_COLOR: "1", ...env, ...more },
        stdin: "null",
      }).output();
      const decoder = new TextDecoder();
      return { code: output.code, stdout: decoder.decode(output.stdout), stderr: decoder.decode(output.stderr) };
    },
    [Symbol.asyncDispose]: () => root[Symbol.asyncDispose](),
  };
}
