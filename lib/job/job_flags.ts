import { EpackError } from "../errors.ts";

/** Permissions that may have been given by name, for a job that is started from source. */
export interface JobFlags {
  /** Kinds of system information that the program may ever ask for. */
  sysNames: readonly string[];
}

/**
 * Deno's flags for a job that is started from source: never more than this process has. Which places a permission names cannot be
 * asked, so those to read and write must be whole; one for the network or the environment is handed on when it is.
 *
 * @throws EpackError `permission_denied`
 */
export function jobFlags({ sysNames }: JobFlags): string[] {
  if (Deno.build.standalone) return [];
  const has = (descriptor: Deno.PermissionDescriptor) => Deno.permissions.querySync(descriptor).state === "granted";
  for (const name of ["read", "write"] as const) if (!has({ name })) throw lacks(name);
  const whole = (["read", "write", "net", "env", "run"] as const).filter((name) => has({ name }));
  const self = Deno.execPath();
  if (!whole.includes("run") && !has({ name: "run", command: self })) throw lacks(`run=${self}`);
  const sys = sysNames.filter((kind) => has({ name: "sys", kind: kind as Deno.SysPermissionDescriptor["kind"] }));
  return [
    "--no-prompt",
    "--unstable-worker-options",
    ...whole.map((name) => `--allow-${name}`),
    ...(whole.includes("run") ? [] : [`--allow-run=${self}`]),
    ...(sys.length === 0 ? [] : [`--allow-sys=${sys.join(",")}`]),
  ];
}

function lacks(flag: string): EpackError {
  return new EpackError("permission_denied", `a permission is missing: a job from source needs --allow-${flag}`, {
    origin: "input",
    hint: `allow it with --allow-${flag}; docs/permissions.md has what each command needs`,
  });
}
