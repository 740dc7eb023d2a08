import assert from "node:assert/strict";
import { join } from "node:path";
import { digestOf, hexOf } from "../../lib/digest/mod.ts";
import { isEpackError } from "../../lib/errors.ts";
import { packMirror, unpackMirror } from "../../lib/release/mod.ts";
import { temporaryFolder } from "../epack.ts";

const CONTENTS = ["", "x", "y".repeat(512), "z".repeat(200_000)];
const nameOf = (content: string) => `blobs/sha256/${hexOf(digestOf(content))}`;

/** A folder that is laid out as a mirror is, and room for archives of it. */
async function mirrorFolder() {
  const folder = temporaryFolder();
  const mirror = join(folder.path, "mirror");
  await Deno.mkdir(join(mirror, "blobs/sha256"), { recursive: true });
  await Deno.writeTextFile(join(mirror, "index.json"), "{}\n");
  for (const content of CONTENTS) await Deno.writeTextFile(join(mirror, nameOf(content)), content);
  return {
    path: folder.path,
    mirror,
    archive: join(folder.path, "m.tar"),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

async function tar(...args: string[]): Promise<string> {
  const output = await new Deno.Command("tar", { args }).output();
  assert.ok(output.success, new TextDecoder().decode(output.stderr));
  return new TextDecoder().decode(output.stdout);
}

async function assertUnpacked(archive: string) {
  const dir = await unpackMirror(archive);
  try {
    assert.equal(await Deno.readTextFile(join(dir.path, "index.json")), "{}\n");
    for (const content of CONTENTS) assert.equal(await Deno.readTextFile(join(dir.path, nameOf(content))), content);
  } finally {
    dir.remove();
  }
  assert.equal(await Deno.stat(dir.path).then(() => true, () => false), false);
}

Deno.test("packMirror() writes what unpackMirror() and tar read, the same bytes every time", async () => {
  await using folder = await mirrorFolder();
  await packMirror(folder.mirror, folder.archive);
  await assertUnpacked(folder.archive);
  const out = join(folder.path, "out");
  await Deno.mkdir(out);
  await tar("-xf", folder.archive, "-C", out);
  for (const content of CONTENTS) assert.equal(await Deno.readTextFile(join(out, nameOf(content))), content);
  const first = await Deno.readFile(folder.archive);
  await Deno.utime(join(folder.mirror, "index.json"), 1, 1);
  await packMirror(folder.mirror, folder.archive);
  assert.deepEqual(await Deno.readFile(folder.archive), first);
});

for (const format of ["ustar", "pax", "gnu"]) {
  Deno.test(`unpackMirror() reads what tar wrote in the format ${format}`, async () => {
    await using folder = await mirrorFolder();
    const magic = await tar("-cf", folder.archive, `--format=${format}`, "-C", folder.mirror, ".");
    assert.equal(magic, "");
    await assertUnpacked(folder.archive);
  });
}

/** Archives that are no mirror's: how to make each in a folder, given the archive's path. */
const REFUSED: Record<string, { make: (folder: string, archive: string) => Promise<unknown>; says: RegExp }> = {
  "a name that leads out": {
    make: async (folder, archive) => {
      await Deno.writeTextFile(join(folder, "x"), "x");
      await tar("-cPf", archive, "-C", join(folder, "mirror"), "index.json", "../x");
    },
    says: /it has "\.\.\/x"/,
  },
  "an absolute name": {
    make: (folder, archive) => tar("-cPf", archive, join(folder, "mirror/index.json")),
    says: /it has "\//,
  },
  "a link": {
    make: async (folder, archive) => {
      const mirror = join(folder, "mirror");
      await Deno.remove(join(mirror, "index.json"));
      await Deno.symlink("/etc/passwd", join(mirror, "index.json"));
      await tar("-cf", archive, "-C", mirror, ".");
    },
    says: /it has "index\.json"/,
  },
  "a file of another name": {
    make: async (folder, archive) => {
      await Deno.writeTextFile(join(folder, "mirror/run.sh"), "x");
      await tar("-cf", archive, "-C", join(folder, "mirror"), ".");
    },
    says: /it has "run\.sh"/,
  },
  "a name twice": {
    make: async (folder, archive) => {
      await tar("-cf", archive, "-C", join(folder, "mirror"), "index.json");
      await tar("-rf", archive, "-C", join(folder, "mirror"), "index.json");
    },
    says: /a name twice/,
  },
  "the end cut off": {
    make: async (folder, archive) => {
      await packMirror(join(folder, "mirror"), archive);
      await Deno.truncate(archive, (await Deno.stat(archive)).size - 2048);
    },
    says: /ends too early/,
  },
  "bytes of something else": {
    make: (_, archive) => Deno.writeTextFile(archive, "no tar ".repeat(1000)),
    says: /no tar file/,
  },
};

for (const [name, { make, says }] of Object.entries(REFUSED)) {
  Deno.test(`unpackMirror() refuses an archive with ${name}, and leaves nothing`, async () => {
    await using folder = await mirrorFolder();
    await make(folder.path, folder.archive);
    await assert.rejects(unpackMirror(folder.archive), (error) => {
      assert.ok(isEpackError(error, "file_refused"), String(error));
      assert.match(error.message, says);
      return true;
    });
  });
}

Deno.test("packMirror() and unpackMirror() stop in the middle of a file, and leave nothing", async () => {
  await using folder = await mirrorFolder();
  const large = join(folder.mirror, "blobs/sha256", "a".repeat(64));
  await Deno.writeFile(large, new Uint8Array());
  // a hole: it takes its time to copy, and no room
  await Deno.truncate(large, 400 * 1024 * 1024);
  /** Aborted as Ctrl-C does it, by an event, once the copying has begun. */
  const stop = () => {
    const controller = new AbortController();
    const { signal } = controller;
    let blocks = 0;
    const throwIfAborted = () => {
      if (++blocks === 100) setTimeout(() => controller.abort(new Error("stopped")), 0);
      AbortSignal.prototype.throwIfAborted.call(signal);
    };
    return { signal: Object.defineProperty(signal, "throwIfAborted", { value: throwIfAborted }) };
  };
  await assert.rejects(packMirror(folder.mirror, folder.archive, stop()), /stopped/);
  assert.deepEqual((await Array.fromAsync(Deno.readDir(folder.path))).map(({ name }) => name), ["mirror"]);
  await packMirror(folder.mirror, folder.archive);
  await assert.rejects(unpackMirror(folder.archive, stop()), /stopped/);
});
