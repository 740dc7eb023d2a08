import assert from "node:assert/strict";
import { join } from "node:path";
import { createStaging, type ResumeKey } from "../../lib/files/mod.ts";
import { temporaryFolder } from "../epack.ts";

const ROOM = new URL("../../lib/files/mod.ts", import.meta.url).href;
const KEY: ResumeKey = { remote: "s", digest: "sha256:aa", sizeBytes: 9 };
const names = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => name).sort();

/** Leaves a part of an output, as a run does that is cut. */
async function leavePart(output: string, options: { key?: ResumeKey; text?: string } = {}): Promise<string> {
  const staging = await createStaging(output, { resume: options.key ?? KEY });
  await staging.file.write(new TextEncoder().encode(options.text ?? "begun"));
  staging.resume?.note();
  assert.equal(staging.resume?.leave(), true);
  return staging.path;
}

Deno.test("createStaging() goes on with what was left under the same key, and leaves nothing after the commit", async () => {
  await using folder = temporaryFolder();
  const output = join(folder.path, "out");
  const path = await leavePart(output);
  {
    await using staging = await createStaging(output, { resume: KEY });
    assert.equal(staging.path, path);
    assert.equal(staging.resume?.part.sizeBytes, 5);
    await staging.file.seek(5, Deno.SeekMode.Start);
    await staging.file.write(new TextEncoder().encode(", done"));
    await staging.commit({ force: false });
  }
  assert.equal(await Deno.readTextFile(output), "begun, done");
  assert.deepEqual(names(folder.path), ["out"]);
});

Deno.test("createStaging() takes the longest of several parts over, and removes the others", async () => {
  await using folder = temporaryFolder();
  const output = join(folder.path, "out");
  // two that were written side by side
  const both = await Promise.all([1, 2].map(() => createStaging(output, { resume: KEY })));
  for (const [index, staging] of both.entries()) {
    await staging.file.write(new Uint8Array(10 * (index + 1)));
    staging.resume?.note();
  }
  for (const staging of both) staging.resume?.leave();
  await using staging = await createStaging(output, { resume: KEY });
  assert.equal(staging.resume?.part.sizeBytes, 20);
  assert.equal(names(folder.path).filter((name) => name.endsWith(".partial")).length, 1);
});

Deno.test("createStaging() keeps a part only when it was noted, and discards it when it is told to", async () => {
  await using folder = temporaryFolder();
  const output = join(folder.path, "out");
  const unnoted = await createStaging(output, { resume: KEY });
  assert.equal(unnoted.resume?.leave(), false);
  await unnoted.discard();
  await leavePart(output);
  const staging = await createStaging(output, { resume: KEY });
  await staging.discard();
  assert.deepEqual(names(folder.path), []);
  await leavePart(output);
  const forgotten = await createStaging(output, { resume: KEY });
  forgotten.resume?.forget();
  assert.equal(forgotten.resume?.leave(), false);
  await forgotten.discard();
  assert.deepEqual(names(folder.path), []);
});

Deno.test("createStaging() for something else leaves a kept part alone, and removes it where nothing is to be resumed", async () => {
  await using folder = temporaryFolder();
  const output = join(folder.path, "out.epack");
  await leavePart(output);
  const before = names(folder.path);
  await (await createStaging(output)).discard();
  for (const other of ["out", "out.epack2", "epack"]) {
    await (await createStaging(join(folder.path, other), { resume: false })).discard();
    await (await createStaging(join(folder.path, other), { resume: KEY })).discard();
  }
  assert.deepEqual(names(folder.path), before);
  await (await createStaging(output, { resume: false })).discard();
  assert.deepEqual(names(folder.path), []);
});

/** What somebody may make of a note; none is a reason to fail. */
for (
  const note of ["", "{", "[]", "null", "{}", '{"version":2}', '{"version":1,"remote":["s"]}', "x".repeat(20_000)]
) {
  Deno.test(`createStaging() begins anew where the note is ${JSON.stringify(note.slice(0, 30))}`, async () => {
    await using folder = temporaryFolder();
    const output = join(folder.path, "out");
    const path = await leavePart(output);
    await Deno.writeTextFile(`${path}.resume`, note);
    await using staging = await createStaging(output, { resume: KEY });
    assert.notEqual(staging.path, path);
    assert.equal(staging.resume?.part.sizeBytes, 0);
    assert.deepEqual(names(folder.path).filter((name) => name.endsWith(".resume")), []);
  });
}

Deno.test("createStaging() trusts no part that others may write to", async () => {
  await using folder = temporaryFolder();
  const output = join(folder.path, "out");
  const path = await leavePart(output);
  await Deno.chmod(path, 0o666);
  await using staging = await createStaging(output, { resume: KEY });
  assert.equal(staging.resume?.part.sizeBytes, 0);
});

Deno.test("createStaging() of many processes at once gives a kept part to one of them at most", async () => {
  await using folder = temporaryFolder();
  const output = join(folder.path, "out");
  const code = `import { createStaging } from ${JSON.stringify(ROOM)};
    const encoder = new TextEncoder();
    await Deno.stdin.read(new Uint8Array(1));
    const staging = await createStaging(${JSON.stringify(output)}, { resume: ${JSON.stringify(KEY)} });
    await Deno.stdout.write(encoder.encode(String(staging.resume.part.sizeBytes) + " " + staging.path + "\\n"));
    await Deno.stdin.read(new Uint8Array(1));
    await staging.discard();`;
  const path = await leavePart(output);
  const start = () =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-lock", "--allow-all", `data:text/typescript,${encodeURIComponent(code)}`],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
  const all = Array.from({ length: 5 }, start).map((child) => ({
    child,
    stdin: child.stdin.getWriter(),
    stdout: child.stdout.getReader(),
  }));
  for (const { stdin } of all) await stdin.write(new Uint8Array(1));
  const answers = await Promise.all(
    all.map(async ({ stdout }) => new TextDecoder().decode((await stdout.read()).value).trim().split(" ")),
  );
  const paths = answers.map(([, path]) => path);
  assert.equal(new Set(paths).size, paths.length, "two write to one file");
  assert.ok(answers.filter(([size]) => size !== "0").length <= 1);
  for (const [size, at] of answers) if (size !== "0") assert.equal(at, path);
  for (const { child, stdin, stdout } of all) {
    await stdin.close();
    await stdout.cancel();
    await child.status;
  }
});
