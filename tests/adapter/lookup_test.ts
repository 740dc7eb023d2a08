import assert from "node:assert/strict";
import { join } from "node:path";
import { lookupAdapterPath } from "../../lib/adapter/mod.ts";
import { currentPlatform } from "../../lib/lockfile/mod.ts";
import { adapterFolders } from "./adapter_folders.ts";

Deno.test("lookupAdapterPath() gives the first place: installed, binary, the user's folder, .epack/bin, PATH", async () => {
  await using folders = await adapterFolders();
  const options = { env: folders.env, workDir: folders.path };
  const places = [
    `.epack/remotes/epack-remote-x/v1/${currentPlatform().replace("/", "-")}/epack-remote-x`,
    "bin/epack-remote-x",
    "home/data/epack/bin/epack-remote-x",
    ".epack/bin/epack-remote-x",
    "path/epack-remote-x",
  ];
  for (const place of places) await folders.write(place, "#!/bin/sh\n");
  await folders.config({ a: "source: acme/epack-remote-x@v1", b: `binary: ${folders.path}/bin/epack-remote-x` });
  for (const place of places) {
    assert.equal(await lookupAdapterPath("x", options), join(folders.path, place));
    await Deno.remove(join(folders.path, place));
  }
  assert.equal(await lookupAdapterPath("x", options), undefined);
});

Deno.test("lookupAdapterPath() gives a regular file only, and none for an adapter that is built in", async () => {
  await using folders = await adapterFolders();
  const options = { env: folders.env, workDir: folders.path };
  await Deno.symlink("/bin/true", join(folders.path, "path/epack-remote-link"));
  await Deno.mkdir(join(folders.path, "path/epack-remote-folder"));
  for (const name of ["link", "folder", "filesystem", "../path/epack-remote-link", ""]) {
    assert.equal(await lookupAdapterPath(name, options), undefined, name);
  }
});

Deno.test("lookupAdapterPath() fails for a lockfile that is broken", async () => {
  await using folders = await adapterFolders();
  await folders.config({});
  await folders.write("epack.lock.yaml", "remotes: [");
  await assert.rejects(lookupAdapterPath("x", { env: folders.env, workDir: folders.path }), {
    code: "lockfile_invalid",
  });
});
