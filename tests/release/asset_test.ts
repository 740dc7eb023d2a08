import assert from "node:assert/strict";
import fc from "fast-check";
import { chooseAsset, isPlainName } from "../../lib/release/mod.ts";
import { release } from "./releases.ts";

const choose = (
  assets: string[],
  platform = "linux/amd64",
  options: { adapter?: string; kind?: "module" | "native" } = {},
) => chooseAsset(release("v1.2.3", { assets }), { adapter: "s3", platform, ...options });

const FITTING: readonly [platform: string, names: readonly string[]][] = [
  ["linux/amd64", [
    "epack-remote-s3-linux-amd64",
    "epack-remote-s3_linux_amd64",
    "epack_remote_s3_linux_amd64",
    "s3-linux-amd64",
    "s3_Linux_x86_64",
    "epack-remote-s3-linux-x64",
    "EPACK-REMOTE-S3-LINUX-AMD64",
  ]],
  ["linux/arm64", ["s3-linux-arm64", "epack-remote-s3_linux_aarch64"]],
  ["darwin/arm64", ["s3-darwin-arm64", "s3-macos-aarch64", "epack-remote-s3_osx_arm64"]],
  ["windows/amd64", ["s3-windows-amd64.exe", "epack-remote-s3_Windows_x86_64.exe", "s3-windows-x64"]],
];
for (const [platform, names] of FITTING) {
  for (const name of names) {
    Deno.test(`chooseAsset() takes ${name} for ${platform}`, () => {
      const { asset, kind } = choose(["README.md", name, `${name}.sha256`], platform);
      assert.equal(asset.name, name);
      assert.equal(kind, "native");
    });
  }
}

const NOT_FITTING = [
  "s3-linux-arm64",
  "s3-linux-amd64.exe",
  "s3-linux-amd64.tar.gz",
  "s3-linux-amd64.sigstore.json",
  "s3-linux-amd64-musl",
  "xs3-linux-amd64",
  "remote-s3-linux-amd64",
  "epack-remote-s33-linux-amd64",
  "s3.linux.amd64",
  "s3-linux",
  "s3.js",
  "epack-remote-s3.cjs",
  "epack-remote-s3.js.map",
];
for (const name of NOT_FITTING) {
  Deno.test(`chooseAsset() does not take ${name} for linux/amd64`, () =>
    assert.throws(() => choose([name]), { code: "release_not_found", origin: "remote" }));
}

Deno.test("chooseAsset() takes a module for every platform, before a native one", () => {
  for (const name of ["epack-remote-s3.js", "epack-remote-s3.mjs", "Epack_Remote_S3.js"]) {
    for (const platform of ["linux/amd64", "windows/arm64", "darwin/arm64"]) {
      const { asset, kind } = choose(["s3-linux-amd64", name], platform);
      assert.deepEqual([asset.name, kind], [name, "module"]);
    }
  }
});

Deno.test("chooseAsset() takes the kind that is asked for", () => {
  const both = ["s3-linux-amd64", "epack-remote-s3.js"];
  assert.equal(choose(both, "linux/amd64", { kind: "native" }).asset.name, "s3-linux-amd64");
  assert.throws(() => choose(["s3-linux-amd64"], "linux/amd64", { kind: "module" }), { code: "release_not_found" });
});

Deno.test("chooseAsset() finds the bundle of the asset, and says when there is none", () => {
  assert.equal(choose(["s3-linux-amd64", "s3-linux-amd64.sigstore.json"]).bundle?.name, "s3-linux-amd64.sigstore.json");
  assert.equal(choose(["s3-linux-amd64", "s3-linux-arm64.sigstore.json"]).bundle, undefined);
  assert.equal(choose(["s3-linux-amd64", "s3_linux_amd64.sigstore.json"]).bundle, undefined);
});

Deno.test("chooseAsset() refuses what is ambiguous and lists the candidates", () => {
  const AMBIGUOUS = [
    ["s3-linux-amd64", "epack-remote-s3-linux-amd64"],
    ["s3-linux-amd64", "s3_linux_amd64"],
    ["s3-linux-amd64", "s3-linux-x64"],
    ["s3-linux-amd64", "S3-Linux-amd64"],
    ["epack-remote-s3.js", "epack-remote-s3.mjs"],
    ["s3-linux-amd64.sigstore.json", "s3-linux-amd64.SIGSTORE.json", "s3-linux-amd64"],
  ];
  for (const names of AMBIGUOUS) {
    assert.throws(() => choose(names), {
      code: "release_not_found",
      message: new RegExp(`release v1\\.2\\.3 of acme/epack-remote-s3 has several .*: ${names[0]}, ${names[1]}$`),
    });
  }
});

Deno.test("chooseAsset() says what there is, and by which names it looked, when nothing fits", () => {
  assert.throws(() => choose(["s3-linux-arm64", "s3-linux-arm64.sigstore.json", "notes.txt"]), {
    message:
      'release v1.2.3 of acme/epack-remote-s3 has no adapter "s3" for linux/amd64; it has s3-linux-arm64, notes.txt',
    hint: "it is looked for by the names epack-remote-s3-linux-amd64 and epack-remote-s3.js",
  });
  assert.throws(() => choose([]), { message: /it has no files$/ });
});

for (
  const name of [
    "../s3-linux-amd64",
    "a/b",
    "a\\b",
    "..",
    ".",
    "",
    "c:x",
    "a\nb",
    "a\u0000",
    "\u009b2J",
    "x".repeat(256),
  ]
) {
  Deno.test(`chooseAsset() refuses a release with an asset named ${JSON.stringify(name.slice(0, 30))}`, () =>
    assert.throws(() => choose(["s3-linux-amd64", name]), { code: "file_refused", origin: "remote" }));
}

Deno.test("isPlainName() is true only for what stays in its folder", () => {
  fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[./\\a:]{1,8}$/)), (name) => {
    if (!isPlainName(name)) return;
    const url = new URL(encodeURIComponent(name), "file:///top/folder/");
    assert.match(url.pathname, /^\/top\/folder\/[^/]+$/);
    assert.equal(/[/\\:\u0000-\u001f]/.test(name), false);
  }));
});

Deno.test("chooseAsset() finds the asset of each platform among all, however it is spelled", () => {
  const word = (...words: string[]) => fc.constantFrom(...words);
  const platforms = fc.constantFrom<readonly [string, fc.Arbitrary<string>, fc.Arbitrary<string>]>(
    ["linux/amd64", word("linux"), word("amd64", "x86_64", "x64")],
    ["linux/arm64", word("linux"), word("arm64", "aarch64")],
    ["darwin/amd64", word("darwin", "macos", "osx"), word("amd64", "x86_64", "x64")],
    ["darwin/arm64", word("darwin", "macos", "osx"), word("arm64", "aarch64")],
    ["windows/amd64", word("windows"), word("amd64", "x86_64", "x64")],
  );
  const spelled = platforms.chain(([platform, os, arch]) =>
    fc.record({
      platform: fc.constant(platform),
      os,
      arch,
      prefix: fc.constantFrom("", "epack-remote-"),
      separator: fc.constantFrom("-", "_"),
      capitals: fc.boolean(),
    })
  );
  const noise = ["checksums.txt", "s3-plan9-amd64", "other-linux-amd64", "s3-linux-riscv64"];
  fc.assert(fc.property(spelled, ({ platform, os, arch, prefix, separator, capitals }) => {
    const plain = [`${prefix}s3`, os, arch].join(separator) + (platform.startsWith("windows") ? ".exe" : "");
    const name = capitals ? plain.toUpperCase() : plain;
    assert.equal(choose([...noise, name], platform).asset.name, name);
  }));
});
