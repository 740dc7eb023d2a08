import { type DiscoverOptions, findFiles } from "./discover.ts";
import { readUses } from "./uses.ts";

/**
 * Where the adapter of that name is: installed by lock, `binary:` of the configuration, the user's own folder, the project's
 * `.epack/bin`, PATH, in this order. Undefined when it is nowhere, and for a built-in one, which has no file. Nothing is opened:
 * whether it may run is for `checkAdapterSecurity`.
 *
 * @throws EpackError `config_invalid`, `lockfile_invalid`, …
 */
export async function lookupAdapterPath(
  name: string,
  options: Pick<DiscoverOptions, "env" | "workDir" | "configPath" | "signal">,
): Promise<string | undefined> {
  const known = await readUses(options);
  const uses = known.uses.filter(({ adapterName, remote }) => adapterName === name && remote?.kind !== "built_in");
  const files = await findFiles({ ...known, uses }, options);
  return files.find((file) => file.name === name && file.fault === undefined)?.path;
}
