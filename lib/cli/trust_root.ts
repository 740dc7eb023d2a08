import { resolve } from "node:path";
import type { CommandRun } from "./command_run.ts";

/** The absolute path of the trusted root that is wanted in place of Sigstore's public one: the flag's, else EPACK_TRUST_ROOT's. */
export function trustRootPath(run: CommandRun, flags: { trustRoot?: string }): string | undefined {
  const { cwd, env } = run.context;
  const path = flags.trustRoot ?? env.EPACK_TRUST_ROOT;
  return path === undefined || path === "" ? undefined : resolve(cwd, path);
}
