import assert from "node:assert/strict";
import { join } from "node:path";
import { temporaryFolder } from "../epack.ts";

/** Runs one-line programs by inTurn() in a process of its own; gives what that showed. */
async function shown(programs: readonly string[], folder: string): Promise<string> {
  const jobs = programs.map((text, index) => ({ title: `title ${index}`, args: ["eval", text] }));
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `import { inTurn } from ${JSON.stringify(new URL("../../scripts/in_turn.ts", import.meta.url).href)};
      const cwd = new URL("file://${folder}/");
      const ended = await inTurn(${JSON.stringify(jobs)}.map((job) => ({ ...job, cwd, env: { SAID: "by env" } })));
      console.log(JSON.stringify(ended));`,
    ],
  }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

Deno.test("inTurn() shows outputs in order, whoever ends first, and says who failed", async () => {
  await using folder = temporaryFolder();
  const other = JSON.stringify(join(folder.path, "other"));
  const text = await shown([
    // with one processor the second never runs beside it
    `const there = () => { try { Deno.statSync(${other}); return true; } catch { return navigator.hardwareConcurrency < 2; } };
     while (!there()) await new Promise((done) => setTimeout(done, 10));
     console.log("first", Deno.env.get("SAID"));`,
    `console.log("second"); console.error("its error"); Deno.writeTextFileSync(${other}, ""); Deno.exit(3);`,
    `console.log("third");`,
  ], folder.path);
  assert.match(
    text,
    /^\ntitle 0\nfirst by env\n\ntitle 1\n(?:second\nits error|its error\nsecond)\n\ntitle 2\nthird\n\[true,false,true\]\n$/,
  );
});
