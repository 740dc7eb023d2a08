/**
 * Checks that rooms import each other only along the arrows, and only through their `mod.ts`.
 *
 * A room is a folder below `lib/`. Type-only imports count: a type is knowledge too.
 */
import { walk } from "./walk.ts";

/** Which rooms a room may import. Single files such as `errors.ts` are open to all. */
const ARROWS: Record<string, readonly string[]> = {
  digest: [],
  codec: [],
  files: ["digest"],
  net: ["codec"],
  pack: ["digest", "codec", "files"],
  // no net: a signature is verified without asking anybody
  trust: ["digest", "codec", "files", "pack"],
  config: ["codec", "files"],
  lockfile: ["codec", "files", "config", "digest"],
  protocol: ["codec", "digest"],
  sdk: ["protocol"],
  adapters: ["sdk"],
  sandbox: ["files", "digest"],
  // the child's side: it composes what runs inside with the built-in adapters
  "sandbox/confined": ["sdk", "adapters", "sandbox"],
  adapter: ["net", "protocol", "sandbox", "lockfile", "config", "codec", "digest", "files"],
  transfer: ["files", "net", "digest", "codec"],
  release: ["codec", "net", "files", "digest"],
  install: ["digest", "files", "release", "trust"],
  job: ["codec", "files"],
  receipt: ["codec", "digest", "files", "lockfile", "pack"],
  workflow: [
    "digest",
    "codec",
    "files",
    "net",
    "pack",
    "config",
    "lockfile",
    "protocol",
    "sandbox",
    "adapter",
    "transfer",
    "receipt",
  ],
  supply: ["digest", "codec", "files", "config", "lockfile", "release", "trust", "install", "adapter"],
  remote: ["config", "lockfile", "protocol", "sandbox", "adapter", "transfer", "workflow", "pack", "digest"],
  cli: [
    "digest",
    "codec",
    "files",
    "net",
    "pack",
    "trust",
    "config",
    "lockfile",
    "protocol",
    "sandbox",
    "adapter",
    "receipt",
    "job",
    "workflow",
    "supply",
    "install",
    "release",
  ],
};
/** Files that may be entered beside `mod.ts`, where a whole room would cost start-up: an adapter's, or that of `remote list`. */
const LIGHT_DOORS = new Set([
  "lib/adapter/remote_status.ts",
  "lib/protocol/case.ts",
  "lib/protocol/command.ts",
  "lib/sandbox/granted_folders.ts",
  "lib/sandbox/grants.ts",
]);
const OPEN = new Set(["errors", "limits", "last_resort", "together", "version"]);

/** The room of a path such as `lib/pack/mod.ts`, or the bare name of a file directly in `lib/`. */
function roomOf(path: string): string {
  const parts = path.split("/").slice(1);
  if (parts.length === 1) return parts[0].replace(/\.ts$/, "");
  const nested = `${parts[0]}/${parts[1]}`;
  return nested in ARROWS ? nested : parts[0];
}

const root = new URL("../", import.meta.url);
const belowRoot = (url: URL) => url.pathname.slice(root.pathname.length);
const faults: string[] = [];
for await (const file of walk(new URL("lib/", root))) {
  const shown = belowRoot(file);
  const from = roomOf(shown);
  if (!(from in ARROWS) && !OPEN.has(from)) faults.push(`${shown}: room "${from}" is not in the table of arrows`);
  const text = await Deno.readTextFile(file);
  for (const match of text.matchAll(/(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g)) {
    const target = belowRoot(new URL(match[1], file));
    if (!target.startsWith("lib/")) {
      if (target !== "deno.json") faults.push(`${shown}: imports ${match[1]} outside lib/`);
      continue;
    }
    const to = roomOf(target);
    if (to === from || OPEN.has(to)) continue;
    if (!ARROWS[from]?.includes(to)) faults.push(`${shown}: no arrow from ${from} to ${to} (${match[1]})`);
    // the child's side loads single files of other rooms: each one costs start-up
    else if (
      !target.endsWith("/mod.ts") && from !== "sandbox/confined" &&
      !LIGHT_DOORS.has(target)
    ) {
      faults.push(`${shown}: enters ${to} by ${match[1]}, not by its mod.ts`);
    }
  }
}
for (const fault of faults) console.error(fault);
console.error(faults.length === 0 ? "rooms: arrows hold" : `rooms: ${faults.length} faults`);
if (faults.length > 0) Deno.exit(1);
