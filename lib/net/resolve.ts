import process from "node:process";

/** Addresses of a host name, in the order to try them. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

/**
 * As the system resolves names: hosts file, DNS and what else it is set up with. A program that may connect to named hosts alone
 * may not look up addresses: then the name itself is given, to be connected to as it is and judged by the address that answers.
 *
 * @throws Error with node's code, such as ENOTFOUND
 */
export async function systemAddresses(hostname: string): Promise<readonly string[]> {
  if ((await Deno.permissions.query({ name: "net" })).state !== "granted") return [hostname];
  const { lookup } = await import("node:dns/promises");
  // Deno 2.6 warns on stderr of a module that its own look-up uses
  const noDeprecation: unknown = Reflect.get(process, "noDeprecation");
  Object.assign(process, { noDeprecation: true });
  try {
    return (await lookup(hostname, { all: true, verbatim: true })).map(({ address }) => address);
  } finally {
    Object.assign(process, { noDeprecation });
  }
}
