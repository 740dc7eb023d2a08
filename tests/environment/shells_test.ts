import assert from "node:assert/strict";
import { join } from "node:path";
import { epack, temporaryFolder } from "../epack.ts";
import { has, programWords } from "./project.ts";

/** Runs a script in a real shell, with the program on its PATH. */
async function inShell(shell: string, args: readonly string[], script: string): Promise<string> {
  await using folder = temporaryFolder();
  const program = join(folder.path, "epack");
  await Deno.writeTextFile(program, `#!/bin/sh\nexec ${programWords()} "$@"\n`);
  await Deno.chmod(program, 0o755);
  const output = await new Deno.Command(shell, {
    args: [...args, "-c", script],
    cwd: folder.path,
    env: { PATH: `${folder.path}:${Deno.env.get("PATH")}`, ZDOTDIR: folder.path },
    stdin: "null",
  }).output();
  return new TextDecoder().decode(output.stdout);
}

/** What each shell offers for a line that ends at the cursor. */
const ASK: Record<string, (line: string) => Promise<string>> = {
  bash: (line) => {
    const words = ["epack", ...line.split(" ")].map((word) => `"${word}"`).join(" ");
    return inShell(
      "bash",
      ["--norc"],
      `source <(epack completions bash); COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _epack; printf '%s\\n' "\${COMPREPLY[@]}"`,
    );
  },
  fish: (line) => inShell("fish", ["--no-config"], `epack completions fish | source; complete -C "epack ${line}"`),
  // the completion system works at a prompt only: a terminal in a terminal
  zsh: (line) =>
    inShell(
      "zsh",
      ["-f"],
      `zmodload zsh/zpty; zpty inner zsh -f -i
       zpty -w inner 'PS1=; autoload -U compinit; compinit -u -D; source <(epack completions zsh); print READ""Y'
       zpty -r inner seen '*READY*'
       zpty -w -n inner $'epack ${line}\\t\\n'
       zpty -w inner 'print DO""NE; exit'
       zpty -r inner seen '*DONE*'; print -r -- "$seen"`,
    ),
};

for (const shell of ["bash", "zsh", "fish"]) {
  Deno.test({
    name: `${shell} completes commands, flags, subcommands and choices`,
    ignore: !has(shell),
    async fn() {
      const ask = ASK[shell];
      assert.match(await ask("verif"), /\bverify\b/);
      assert.match(await ask("remote who"), /\bwhoami\b/);
      assert.match(await ask("push --rel"), /--release-version\b/);
      assert.match(await ask("completions zs"), /\bzsh\b/);
    },
  });
}

Deno.test({
  name: "man shows the page without a warning, with every command, flag and exit code",
  ignore: !has("man", "col"),
  async fn() {
    await using folder = temporaryFolder();
    const { stdout: page } = await epack(["man"], { cwd: folder.path });
    await Deno.writeTextFile(join(folder.path, "epack.1"), page);
    const output = await new Deno.Command("sh", {
      args: ["-c", "man --warnings -E UTF-8 -l epack.1 | col -bx"],
      cwd: folder.path,
      env: { MANWIDTH: "100", LC_ALL: "C.UTF-8", MAN_KEEP_FORMATTING: "" },
    }).output();
    assert.equal(new TextDecoder().decode(output.stderr), "");
    const text = new TextDecoder().decode(output.stdout);
    for (
      const part of ["epack push", "epack remote whoami", "--release-version", "--verify-self", "128+n", "EXIT STATUS"]
    ) {
      assert.ok(text.includes(part), `${part} is not in\n${text}`);
    }
  },
});
