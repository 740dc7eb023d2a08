import project from "../deno.json" with { type: "json" };
import { ROOT } from "./root.ts";

/**
 * The program and its first arguments: the compiled binary that `EPACK_BIN` names, else the source with the flags of the `epack`
 * task, so that runs have the permissions that users have, on this Deno or the one that `EPACK_DENO` names.
 */
export function epackCommand(): [string, ...string[]] {
  const binary = Deno.env.get("EPACK_BIN");
  if (binary) return [binary];
  const [, run, ...flags] = project.tasks.epack.split(" ");
  const main = flags.pop() ?? "main.ts";
  const deno = Deno.env.get("EPACK_DENO") || Deno.execPath();
  return [deno, run, "--quiet", `--config=${ROOT}deno.json`, ...flags, `${ROOT}${main}`];
}
