/** Folders as stores: somebody else may write below the root, and nothing outside of it is read or written. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { digestOf } from "../../lib/digest/mod.ts";
import { temporaryFolder } from "../epack.ts";
import { BYTES, failsWith, fetchInto, LARGE, sendFrom } from "./transfers.ts";

async function store() {
  const folder = temporaryFolder();
  const root = join(folder.path, "root");
  const outside = join(folder.path, "outside");
  await Deno.mkdir(join(root, "a", "b"), { recursive: true });
  await Deno.mkdir(join(outside, "b"), { recursive: true });
  await Deno.writeTextFile(join(root, "a", "b", "file"), "a pack");
  await Deno.writeTextFile(join(outside, "b", "file"), "not for the adapter");
  await Deno.writeTextFile(join(outside, "file"), "not for the adapter");
  const at = (path: string) => pathToFileURL(join(root, path)).href;
  return { ...folder, root, outside, at, options: { rules: { fileRoot: root } } };
}

const names = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => name).sort();

Deno.test("upload() and download() copy to and from below the root", async () => {
  await using place = await store();
  await sendFrom(place.path, place.at("a/b/x.epack"), place.options);
  assert.deepEqual(await Deno.readFile(join(place.root, "a/b/x.epack")), BYTES);
  const result = await fetchInto(place.path, place.at("a/b/x.epack"), place.options);
  assert.equal(result.fileDigest, digestOf(BYTES));
});

for (const component of ["a", "a/b", "a/b/file"]) {
  Deno.test(`download() and upload() follow no link at ${component}`, async () => {
    await using place = await store();
    await Deno.remove(join(place.root, component), { recursive: true });
    await Deno.symlink(join(place.outside, component.slice(2)), join(place.root, component));
    await failsWith("file_refused", () => fetchInto(place.path, place.at("a/b/file"), place.options));
    await failsWith("file_refused", () => sendFrom(place.path, place.at("a/b/file"), place.options));
    assert.equal(await Deno.readTextFile(join(place.outside, "b", "file")), "not for the adapter");
    assert.deepEqual(names(place.outside), ["b", "file"]);
  });
}

Deno.test("upload() writes nothing outside when a folder turns into a link while it copies", async () => {
  await using place = await store();
  let swapped = false;
  const onProgress = () => {
    if (swapped) return;
    swapped = true;
    Deno.renameSync(join(place.root, "a", "b"), join(place.root, "aside"));
    Deno.symlinkSync(join(place.outside, "b"), join(place.root, "a", "b"));
  };
  await failsWith(
    "file_refused",
    () => sendFrom(place.path, place.at("a/b/new"), { ...place.options, bytes: LARGE, onProgress }),
  );
  assert.ok(swapped);
  assert.deepEqual(names(join(place.outside, "b")), ["file"]);
});

Deno.test("upload() onto a hard link takes over its name, and leaves the file as it is", async () => {
  await using place = await store();
  await Deno.link(join(place.outside, "file"), join(place.root, "a", "x.epack"));
  await sendFrom(place.path, place.at("a/x.epack"), place.options);
  assert.deepEqual(await Deno.readFile(join(place.root, "a", "x.epack")), BYTES);
  assert.equal(await Deno.readTextFile(join(place.outside, "file")), "not for the adapter");
});

Deno.test("download() takes a hard link for the file that it is, of the announced size", async () => {
  await using place = await store();
  await Deno.writeFile(join(place.root, "kept.epack"), BYTES);
  await Deno.link(join(place.root, "kept.epack"), join(place.root, "a", "x.epack"));
  const result = await fetchInto(place.path, place.at("a/x.epack"), { ...place.options, expectedBytes: BYTES.length });
  assert.equal(result.fileDigest, digestOf(BYTES));
  await Deno.link(join(place.outside, "file"), join(place.root, "a", "y.epack"));
  await failsWith(
    "pack_mismatch",
    () => fetchInto(place.path, place.at("a/y.epack"), { ...place.options, expectedBytes: BYTES.length }),
  );
});

Deno.test("download() and upload() refuse FIFOs, devices and folders, and wait for none", async () => {
  await using place = await store();
  await new Deno.Command("mkfifo", { args: [join(place.root, "fifo")] }).output();
  for (const name of ["fifo", "a"]) {
    await failsWith("file_refused", () => fetchInto(place.path, place.at(name), place.options));
    await failsWith("file_refused", () => sendFrom(place.path, place.at(name), place.options));
  }
  const options = { rules: { fileRoot: "/" } };
  for (const path of ["/dev/zero", "/dev/stdin", "/proc/self/environ", "/proc/self/fd/0", "/sys/kernel/notes"]) {
    await failsWith("url_refused", () => fetchInto(place.path, `file://${path}`, options));
    await failsWith("url_refused", () => sendFrom(place.path, `file://${path}`, options));
  }
});

Deno.test("download() and upload() refuse what is beside the root, and the root itself", async () => {
  await using place = await store();
  for (const path of [join(place.outside, "file"), `${place.root}2/x`, place.root, "/etc/hostname"]) {
    const url = pathToFileURL(path).href;
    await failsWith("file_refused", () => fetchInto(place.path, url, place.options));
    await failsWith("file_refused", () => sendFrom(place.path, url, place.options));
  }
});

Deno.test("download() names a file that is not there", async () => {
  await using place = await store();
  await failsWith("file_not_found", () => fetchInto(place.path, place.at("a/nothing"), place.options));
});
