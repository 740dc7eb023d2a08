/**
 * The process's environment variables. Where Deno lets only some of them be read, the others count as unset: {@link mayReadEnv}
 * tells the two apart where that matters.
 */
export function processEnv(): Record<string, string> {
  if (Deno.permissions.querySync({ name: "env" }).state === "granted") return Deno.env.toObject();
  return new Proxy<Record<string, string>>({}, {
    get: (_, name) => typeof name === "string" && mayReadEnv(name) ? Deno.env.get(name) : undefined,
    has: (_, name) => typeof name === "string" && mayReadEnv(name) && Deno.env.has(name),
  });
}

/** False when Deno was not given the permission to read this variable. */
export function mayReadEnv(variable: string): boolean {
  return Deno.permissions.querySync({ name: "env", variable }).state === "granted";
}

/** True for a switch's variable that says 1 or true. */
export function isOn(value: string | undefined): boolean {
  return value === "1" || value?.toLowerCase() === "true";
}

/** In a CI, as CIs say it: `CI=true`. */
export function inCi({ CI }: Readonly<Record<string, string>>): boolean {
  return CI !== undefined && !["", "0", "false"].includes(CI.toLowerCase());
}

/** EPACK_STRICT_PRODUCTION: what may not be read may be set. */
export function strictProduction(env: Readonly<Record<string, string>>): boolean {
  return isOn(env.EPACK_STRICT_PRODUCTION) || !mayReadEnv("EPACK_STRICT_PRODUCTION");
}
