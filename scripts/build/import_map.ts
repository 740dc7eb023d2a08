import { builtinModules } from "node:module";

/** What a module adapter may import (the static check has the same list), and what the program's own modules get back. */
import { ALLOWED_NODE_MODULES } from "../../lib/sandbox/confined/static_check.ts";

/**
 * The import map that is baked into the binary: nothing is loaded from disk, from the web, or of Node beyond the harmless part,
 * except by the program's own modules. It holds where a compiled program checks no permission for loading modules.
 */
export function importMap(): {
  imports: Record<string, string | null>;
  scopes: Record<string, Record<string, string>>;
} {
  const refused = builtinModules.map((name) => name.replace(/^node:/, "")).filter((name) =>
    !ALLOWED_NODE_MODULES.has(name)
  )
    .sort();
  const own: Record<string, string> = { "file:///": "file:///" };
  const imports: Record<string, string | null> = { "file:///": null, "http://": null, "https://": null };
  for (const name of refused) {
    imports[name] = null;
    imports[`node:${name}`] = null;
    own[`node:${name}`] = `node:${name}`;
  }
  return { imports, scopes: { "file:///": own } };
}
