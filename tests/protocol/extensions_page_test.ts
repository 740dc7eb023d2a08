import assert from "node:assert/strict";

import {
  type Command,
  COMMANDS,
  MULTIPART_UPLOAD,
  multipartOf,
  parseCapabilities,
  parseReply,
  REQUESTS,
} from "../../lib/protocol/mod.ts";

const page = await Deno.readTextFile(new URL("../../docs/adapter-protocol-extensions.md", import.meta.url));
const EXAMPLES = [...page.matchAll(/^```json\n([^]*?)^```$/gm)].map(([, text]) => text);
const bytesOf = (text: string) => new TextEncoder().encode(text);

function examplesOf(type: string): string[] {
  return EXAMPLES.filter((text) => JSON.parse(text).type === type);
}

/** Of extensions; the rest is the protocol's own. */
const commands = COMMANDS.filter((command) => !/^(push|pull|runs|auth)\./.test(command));

for (const command of commands) {
  Deno.test(`the page of extensions shows ${command} as the host sends it and takes it`, () => {
    const [request] = examplesOf(command);
    const sent = JSON.parse(request);
    assert.deepEqual(REQUESTS[command].parse(sent), sent, "a field that is not of the message");
    const [reply] = examplesOf(`${command}.result`);
    parseReply<Command>(bytesOf(reply), { command, requestId: sent.request_id, adapterName: "example" });
  });
}

Deno.test("the page of extensions shows an offer of multi-part uploads that the host takes", () => {
  const offers = EXAMPLES.filter((text) => text.includes(`"${MULTIPART_UPLOAD}"`));
  assert.equal(offers.length, 1);
  const capabilities = parseCapabilities(bytesOf(offers[0]), { adapterName: "example" });
  assert.deepEqual(multipartOf(capabilities, { adapterName: "example" }), {
    version: 1,
    minPartBytes: 5_242_880,
    maxPartBytes: 5_368_709_120,
    maxParts: 10_000,
  });
});

/** What stands under the extension's name, and whether that is an offer. */
const OFFERS: [unknown, "taken" | "ignored" | "refused"][] = [
  [{ version: 1 }, "taken"],
  [{ version: 1, max_parts: null }, "taken"],
  [{ version: 2, max_parts: -1 }, "ignored"],
  [{}, "ignored"],
  [true, "ignored"],
  [[{ version: 1 }], "ignored"],
  [{ version: 1, max_part_bytes: 0 }, "refused"],
  [{ version: 1, max_parts: 1.5 }, "refused"],
  [{ version: 1, min_part_bytes: 10, max_part_bytes: 9 }, "refused"],
];

for (const [offer, outcome] of OFFERS) {
  Deno.test(`multipartOf() of ${JSON.stringify(offer)}: ${outcome}`, () => {
    const capabilities = parseCapabilities(
      bytesOf(JSON.stringify({
        name: "x",
        kind: "remote_adapter",
        deploy_protocol_version: 1,
        extensions: { [MULTIPART_UPLOAD]: offer },
      })),
      { adapterName: "x" },
    );
    const read = () => multipartOf(capabilities, { adapterName: "x" });
    if (outcome === "refused") assert.throws(read, { code: "adapter_protocol" });
    else assert.equal(read() !== undefined, outcome === "taken");
  });
}
