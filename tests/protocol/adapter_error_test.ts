import assert from "node:assert/strict";
import { AdapterError } from "../../lib/protocol/mod.ts";

const hint = (action: unknown, code = "forbidden") =>
  new AdapterError("x", { code, message: "", retryable: false, action: action as string }).hint;

Deno.test("AdapterError suggests to open https addresses, as an object's or as plain text", () => {
  const expected = "the adapter suggests to open: https://registry.test/login";
  assert.equal(hint({ type: "open_url", url: "https://registry.test/login" }), expected);
  assert.equal(hint("https://registry.test/login"), expected);
});

Deno.test("AdapterError suggests no other address, in whatever form it comes", () => {
  for (
    const url of [
      "javascript:alert(1)",
      "file:///etc/passwd",
      "data:text/html,x",
      "http://registry.test/",
      "https://user@registry.test/",
      "https://registry.test/\u001b[31m",
      "\u0007javascript:alert(1)",
    ]
  ) {
    assert.equal(hint({ type: "open_url", url }), undefined, url);
    assert.equal(hint(` ${url} `), undefined, url);
  }
});

Deno.test("AdapterError has the action as data, cleaned, for whoever reads JSON", () => {
  const action = (given: unknown) =>
    new AdapterError("x", { code: "forbidden", message: "", retryable: false, action: given as string }).action;
  const url = "https://registry.test/login";
  assert.deepEqual(action({ type: "open_url", url }), { type: "open_url", url });
  assert.deepEqual(action(url), { type: "open_url", url });
  assert.deepEqual(action({ type: "run_command", command: "x \u001b[2Jlogin" }), {
    type: "run_command",
    command: "x \\u{1b}[2Jlogin",
  });
  assert.deepEqual(action("ask the owner"), { type: "text", text: "ask the owner" });
  for (
    const none of ["javascript:alert(1)", { type: "open_url", url: "http://a.test/" }, { type: "dance" }, undefined]
  ) {
    assert.equal(action(none), undefined);
  }
});

Deno.test("AdapterError names the login of this program first where there is one, and only where a login is asked for", () => {
  const hintWith = (code: string, action?: string) =>
    new AdapterError("x", { code, message: "", retryable: false, action }, { loginCommand: "epack remote login p" })
      .hint;
  assert.equal(hintWith("auth_required"), "log in with: epack remote login p");
  assert.equal(
    hintWith("auth_required", "ask the owner"),
    "log in with: epack remote login p; the adapter suggests: ask the owner",
  );
  assert.equal(hintWith("forbidden"), undefined);
});

Deno.test("AdapterError shows a command and a sentence as text", () => {
  assert.equal(hint({ type: "run_command", command: "x login" }), "the adapter suggests to run: x login");
  assert.equal(hint("ask: the owner"), "the adapter suggests: ask: the owner");
  assert.equal(hint({ type: "dance" }), undefined);
  assert.match(hint({ type: "open_url", url: "file:///x" }, "auth_required") ?? "", /^sign in/);
});
