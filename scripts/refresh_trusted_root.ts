/**
 * Refreshes the trusted root that the program carries, `lib/trust/public_good_root.json`, from the npm package `@sigstore/tuf`,
 * whose `seeds.json` has the root of Sigstore's public-good instance as its maintainers verified it by TUF.
 *
 * Run: `deno run --no-lock --allow-read --allow-write=lib/trust --allow-import --allow-env scripts/refresh_trusted_root.ts [version]`.
 * Look at the difference before it is committed: it is what every signature will be held against.
 */
import { parseTrustedRoot } from "../lib/trust/mod.ts";

const FILE = new URL("../lib/trust/public_good_root.json", import.meta.url);
const [version = "5.0.1"] = Deno.args;

// not a literal: the package is needed here alone, and stays out of the lockfile
const specifier = `npm:@sigstore/tuf@${version}/seeds.json`;
const { default: seeds }: { default: Record<string, { targets: Record<string, string> }> } = await import(specifier, {
  with: { type: "json" },
});
const instances = Object.values(seeds);
if (instances.length !== 1) throw new Error(`seeds.json has ${instances.length} instances, not one`);
const bytes = Uint8Array.fromBase64(instances[0].targets["trusted_root.json"]);
const root = parseTrustedRoot(bytes);
Deno.writeTextFileSync(FILE, `${JSON.stringify(root.json, null, 2)}\n`);
console.log(`${root.digest}: ${root.keys.length} keys`);
for (const key of root.keys) console.log(`${key.kind} ${key.name} ${key.validFrom} ${key.validUntil ?? ""}`);
