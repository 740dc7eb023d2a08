import assert from "node:assert/strict";
import fc from "fast-check";
import { readJwt } from "../../lib/codec/mod.ts";

const part = (text: string) => new TextEncoder().encode(text).toBase64({ alphabet: "base64url", omitPadding: true });

Deno.test("readJwt() gives the claims, and what must not be shown", () => {
  const [header, payload, signature] = [part('{"alg":"none"}'), part('{"sub":"ü"}'), part("a signature")];
  assert.deepEqual(readJwt(` ${header}.${payload}.${signature}\n`), {
    text: `${header}.${payload}.${signature}`,
    claims: { sub: "ü" },
    secrets: [`${header}.${payload}.${signature}`, header, payload, signature],
  });
});

Deno.test("readJwt() takes nothing else for a token", () => {
  for (
    const none of [
      "",
      "a.b",
      "a.b.c.d",
      "a b.c.d",
      `a.${part("[1]")}.c`,
      `a.${part("{")}.c`,
      "a.!.c",
      `a.${part("null")}.c`,
    ]
  ) {
    assert.equal(readJwt(none), undefined, none);
  }
  fc.assert(fc.property(fc.string(), (text) => void readJwt(text)));
});
