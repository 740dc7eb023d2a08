import assert from "node:assert/strict";
import { join } from "node:path";
import { webServer } from "../servers/web_server.ts";
import { partsStore } from "../servers/parts_store.ts";
import { commandsOf, journals, PARTS, partsProject } from "./parts_project.ts";

Deno.test("push() in parts sends each part once, in one upload, and leaves no journal", async () => {
  await using project = await partsProject();
  await using store = await partsStore(project.store);
  const run = await project.epack("push", "s", "good.epack", "--label", "a", "--json");
  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(await commandsOf(project), [
    "--capabilities",
    "upload.begin",
    "upload.parts",
    "upload.complete",
    "push.finalize",
  ]);
  assert.deepEqual(store.stored.toSorted(), [1, 2, 3, 4, 5, 6, 7, 8]);
  const pack = await project.read("good.epack") ?? new Uint8Array();
  assert.deepEqual(await project.read("store/store.epack"), pack);
  const [, begin, , complete, finalize] = (await project.asked()).map(({ request }) => request);
  assert.deepEqual([begin.part_bytes, begin.part_count], [project.partBytes, PARTS]);
  assert.deepEqual(begin.release, { labels: ["a"] });
  assert.equal(finalize.finalize_token, `t-${begin.request_id}`);
  const etags = (complete.parts as { etag: string }[]).map(({ etag }) => etag);
  assert.deepEqual(
    etags,
    await Promise.all(
      etags.map((_, at) =>
        Deno.readTextFile(join(project.store, "uploads", String(begin.request_id), `${at + 1}.etag`))
      ),
    ),
  );
  const json = JSON.parse(run.stdout);
  const transfer = { method: "parts", attempts: 1, bytes_sent: pack.length, parts: PARTS, resumed_bytes: 0 };
  assert.deepEqual(json.transfer, transfer);
  const receipt = JSON.parse(await Deno.readTextFile(json.receipt_path));
  assert.deepEqual(receipt.transfer, transfer);
  assert.equal(typeof receipt.elapsed_ms, "number");
  assert.doesNotMatch(JSON.stringify(receipt), new RegExp(String(begin.request_id)), "a secret is in the receipt");
  assert.deepEqual(await journals(project), []);
});

Deno.test("push() in parts sends several at the same time", async () => {
  await using project = await partsProject();
  const allFour = Promise.withResolvers<undefined>();
  await using store = await partsStore(project.store, {
    // without a second part under way the first would never be answered
    first: () => store.open() < 4 ? allFour.promise : void allFour.resolve(undefined),
  });
  const run = await project.epack("push", "s", "good.epack", "--stall-timeout", "20s");
  assert.equal(run.code, 0, run.stderr);
  assert.equal(store.mostOpen(), 4);
});

Deno.test("push() in parts tries a part that fails again, and no other", async () => {
  await using project = await partsProject();
  let failures = 2;
  await using store = await partsStore(project.store, {
    first: (part) => part === 5 && failures-- > 0 ? new Response(null, { status: 503 }) : undefined,
  });
  const run = await project.epack("push", "s", "good.epack", "--json");
  assert.equal(run.code, 0, run.stderr);
  assert.equal(store.received.length, PARTS + 2);
  assert.equal(store.stored.length, PARTS);
  assert.equal(JSON.parse(run.stdout).transfer.attempts, 3);
  assert.deepEqual(await project.read("store/store.epack"), await project.read("good.epack"));
});

Deno.test("push() in parts asks for another address when the store says that one expired", async () => {
  await using project = await partsProject();
  let refusals = 1;
  await using store = await partsStore(project.store, {
    first: (part) => part === 2 && refusals-- > 0 ? new Response("Request has expired", { status: 403 }) : undefined,
  });
  const run = await project.epack("push", "s", "good.epack");
  assert.equal(run.code, 0, run.stderr);
  const asked = (await project.asked()).filter(({ command }) => command === "upload.parts");
  assert.deepEqual(
    asked.map(({ request }) => (request.parts as { number: number }[]).map(({ number }) => number)),
    [[1, 2, 3, 4, 5, 6, 7, 8], [2]],
  );
  assert.equal(store.stored.length, PARTS);
});

Deno.test("push() in parts that is refused for another reason asks for no other address", async () => {
  await using project = await partsProject();
  await using store = await partsStore(project.store, {
    first: (part) => part === 2 ? new Response("no", { status: 403 }) : undefined,
  });
  const run = await project.epack("push", "s", "good.epack");
  assert.equal(run.code, 15, run.stderr);
  assert.ok(!store.stored.includes(2));
  assert.deepEqual(await commandsOf(project), ["--capabilities", "upload.begin", "upload.parts"]);
});

Deno.test("push() in parts takes a confined module that has the handlers of uploads in parts", async () => {
  await using project = await partsProject();
  await using server = webServer(({ path }) => new Response(null, { headers: { etag: `"${path}"` } }));
  const module = join(project.path, "epack-remote-parts.js");
  await Deno.writeTextFile(
    module,
    `let parts;
    export default {
      name: "parts", version: "1", parts: { maxPartBytes: ${project.partBytes} },
      handlers: {
        "push.prepare": () => { throw new Error("not asked for"); },
        "upload.begin": async ({ partCount }) => ({ uploadId: "u" + partCount, finalizeToken: "t" }),
        "upload.parts": async ({ uploadId, parts }) => ({
          parts: parts.map(({ number }) => ({ number, url: "${server.origin}/" + uploadId + "/" + number })),
        }),
        "upload.complete": async (request) => { parts = request.parts; return { sizeBytes: request.pack.sizeBytes }; },
        "push.finalize": async ({ pack }) => ({
          release: { releaseId: parts.map(({ etag }) => etag).join(), packDigest: pack.digest },
        }),
      },
    };`,
  );
  const config = `stream: acme/prod\nremotes:\n  s: {binary: "${module}", transport: {allow_loopback_http: true}}\n`;
  await Deno.writeTextFile(join(project.path, "epack.yaml"), config);
  assert.equal((await project.epack("lock", "s", "--yes")).code, 0);
  const run = await project.epack("push", "s", "good.epack", "--json");
  assert.equal(run.code, 0, run.stderr + run.stdout);
  const { release_id, transfer } = JSON.parse(run.stdout);
  assert.equal(release_id, [1, 2, 3, 4, 5, 6, 7, 8].map((number) => `"/u8/${number}"`).join());
  assert.equal(transfer.parts, PARTS);
  const pack = await project.read("good.epack") ?? new Uint8Array();
  const sent = server.received.toSorted((a, b) => a.path < b.path ? -1 : 1).flatMap(({ body }) => [...body]);
  assert.deepEqual(Uint8Array.from(sent), pack);
});
