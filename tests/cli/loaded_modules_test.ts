import assert from "node:assert/strict";
import { ROOT } from "../../scripts/root.ts";

interface Module {
  specifier: string;
  dependencies?: { specifier: string; isDynamic?: boolean; code?: { specifier?: string } }[];
}

/** What is loaded with a module, without what it loads later: paths below the project, or names of packages. */
async function loadedWith(entry: string): Promise<string[]> {
  const output = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", entry], cwd: ROOT }).output();
  const { modules }: { modules: Module[] } = JSON.parse(new TextDecoder().decode(output.stdout));
  const known = new Map(modules.map((module) => [module.specifier, module]));
  const loaded = new Set<string>();
  const load = (specifier: string) => {
    if (loaded.has(specifier)) return;
    loaded.add(specifier);
    for (const { isDynamic, code } of known.get(specifier)?.dependencies ?? []) {
      if (!isDynamic && code?.specifier !== undefined) load(code.specifier);
    }
  };
  load(new URL(entry, `file://${ROOT}`).href);
  const root = new URL(`file://${ROOT}`).href;
  return [...loaded].map((specifier) => specifier.replace(root, "")).sort();
}

Deno.test("version, --help and completions load the command table alone: no module of Node, no package but stricli", async () => {
  assert.deepEqual(await loadedWith("main.ts"), ["main.ts"]);
  const loaded = await loadedWith("lib/cli/mod.ts");
  console.log(loaded.join("\n"));
  const others = loaded.filter((path) => !/^lib\/cli\/(?:commands\/)?[a-z_]+\.ts$/.test(path));
  assert.deepEqual(others, ["deno.json", "lib/errors.ts", "lib/version.ts", "npm:@stricli/core@1.3.0"]);
});

Deno.test("inspect, list and verify load neither the network, the sandbox nor the adapters", async () => {
  for (const command of ["inspect", "list", "verify"]) {
    const loaded = [...await loadedWith(`lib/cli/run/${command}.ts`), ...await loadedWith("lib/cli/command_run.ts")];
    const rooms = loaded.map((path) => path.match(/^lib\/([a-z]+)\//)?.[1]);
    for (const room of ["net", "sandbox", "adapter", "transfer", "workflow", "protocol", "config"]) {
      assert.ok(!rooms.includes(room), `${command} loads lib/${room}`);
    }
  }
});

Deno.test("remote list loads nothing that starts an adapter, sends or packs", async () => {
  const loaded = [...await loadedWith("lib/cli/run/remote_list.ts"), ...await loadedWith("lib/cli/command_run.ts")];
  const rooms = new Set(loaded.map((path) => path.match(/^lib\/([a-z]+)\//)?.[1]));
  for (const room of ["net", "transfer", "workflow", "protocol", "pack"]) {
    assert.ok(!rooms.has(room), `remote list loads lib/${room}`);
  }
  const sandbox = loaded.filter((path) => path.startsWith("lib/sandbox/"));
  assert.deepEqual(sandbox, ["lib/sandbox/granted_folders.ts", "lib/sandbox/grants.ts"]);
});
