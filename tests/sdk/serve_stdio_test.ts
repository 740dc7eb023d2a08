import assert from "node:assert/strict";
import { defineAdapter, serveStdio } from "../../lib/sdk/mod.ts";

const adapter = defineAdapter({
  name: "x",
  version: "1.0.0",
  handlers: {
    "auth.login": () =>
      Promise.resolve({
        instructions: { userCode: "A-1", verificationUri: "https://registry.test/", expiresInSeconds: 60 },
      }),
    "auth.whoami": () => Promise.resolve({ identity: { authenticated: false } }),
  },
});

/** Serves a request of which this comes, in pieces; with `open` stdin does not end. */
async function serve(command: string, pieces: string[], { open = false } = {}) {
  const written: string[] = [];
  const stdin = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      if (!open) controller.close();
    },
  });
  const code = await serveStdio(adapter, {
    args: [command],
    stdin,
    stdout: (text) => written.push(text),
    stderr: () => {},
    env: () => undefined,
  });
  return { code, answer: JSON.parse(written.join("")) };
}

const request = (type: string) => JSON.stringify({ type, protocol_version: 1, request_id: "r" });

Deno.test("serveStdio() answers a login while stdin is open", async () => {
  const { code, answer } = await serve("auth.login", [
    request("auth.login").slice(0, 20),
    request("auth.login").slice(20),
    "\n",
  ], {
    open: true,
  });
  assert.equal(code, 0);
  assert.deepEqual(answer, {
    ok: true,
    type: "auth.login.result",
    request_id: "r",
    instructions: { user_code: "A-1", verification_uri: "https://registry.test/", expires_in_seconds: 60 },
  });
});

Deno.test("serveStdio() reads other requests to their end, in whatever lines they come", async () => {
  const indented = JSON.stringify(JSON.parse(request("auth.whoami")), null, 2);
  const { answer } = await serve("auth.whoami", [`\n${indented}`, "\n"]);
  assert.deepEqual(answer.identity, { authenticated: false });
  const broken = await serve("auth.whoami", [request("auth.whoami"), "\nmore"]);
  assert.equal(broken.answer.error.code, "invalid_request");
});
