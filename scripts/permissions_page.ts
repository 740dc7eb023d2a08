import { COMMANDS, type Need, permissionFlags, PROGRAM, RUNTIME_FLAGS } from "./permissions.ts";

const code = (text: string) => `\`${text}\``;
const shown = ({ kind, of }: Need) => code(`--allow-${kind}${of === undefined ? "" : `=${of}`}`);

/** `docs/permissions.md`: written by `deno task docs`, compared by a test. */
export function permissionsPage(): string {
  const program = PROGRAM.map((need) => `| ${shown(need)} | ${need.why} |`);
  const commands = COMMANDS.map(({ command, when, needs }) => {
    const what = needs.length === 0 ? "nothing" : needs.map((need) => `${shown(need)} ${need.why}`).join("<br>");
    return `| ${code(`epack ${command}`)}${when === undefined ? "" : `<br>${when}`} | ${what} |`;
  });
  const places = {
    pack: "evidence.epack",
    deno: '"$(command -v deno)"',
    project: ".",
    store: "/srv/packs",
    runs: "evidence.runs",
  };
  const example = (command: string) => {
    const row = COMMANDS.find((candidate) => candidate.command === command);
    const flags = ["deno run", ...RUNTIME_FLAGS, ...permissionFlags(row?.needs ?? [], places)];
    return [...flags, `main.ts ${command.replace("<pack>", places.pack)}`].join(" \\\n  ");
  };
  return `# Permissions

Made by \`deno task docs\` from \`scripts/permissions.ts\`, which the binary, the \`epack\` task and the tests use too.

## What the program has

The binary, and \`deno task epack\`, have these permissions of Deno and no others: no native code (\`ffi\`), no modules from the web
(\`import\`). Nothing is asked for while it runs (\`--no-prompt\`).

| permission | why |
|---|---|
${program.join("\n")}

Adapters get none of these. A confined one (built in, or a module) has the grants of its remote alone, in a child process that has
given up everything else; a native one is a program of its own, started with a clean environment from a copy that nobody can change.

## What a command needs

Whoever wants less for a run takes the source and Deno, and names what the command may do. With one permission less it ends with
exit code 1 and says which one is missing; nothing is lost.

| command | permissions, beside ${code(RUNTIME_FLAGS.join(" "))} |
|---|---|
${commands.join("\n")}

What stands for what: \`<project>\` is the folder of \`epack.yaml\`, \`<store>\` the remote's \`transport.file_root\`, \`<deno>\` the path of
Deno itself, \`<adapter>\` the file that \`binary:\` names, \`<temporary folder>\` what \`TMPDIR\` says, \`<registry>\` host and port of
where the adapter sends the bytes or the signing services are, \`<cache>\` what \`epack cache dir\` says, \`<github>\` the host of the API (\`api.github.com\`,
or an Enterprise server's) and those of its files, \`<runs>\` the pack's path with \`.runs\` in place of \`.epack\`. A folder that is still to be made needs its parent. Certificates of the system's store, of
\`SSL_CERT_FILE\` and of \`SSL_CERT_DIR\` are used where they may be read.

Commands that get adapters from releases (\`lock\` of a \`source:\`, \`sync\`, \`install\`, \`update\`, \`outdated\`, \`mirror create\`) read and
write the project and the cache (\`epack cache dir\`), read \`HOME\` or \`XDG_CACHE_HOME\`, and connect to GitHub's API and to where it
keeps its files; \`sync --from\` and \`audit\` connect to nobody.

Variables that may not be read count as not set, but for the \`secrets:\` of a remote, which are asked for by name, and
\`EPACK_STRICT_PRODUCTION\`: where it may not be read it counts as set.

## A locked-down CI

Checking a pack, with the right to read that pack and nothing else:

\`\`\`sh
${example("verify <pack>")}
\`\`\`

Pushing it to a folder, with the right to read the project, to write receipts and releases, and to start its own child:

\`\`\`sh
${example("push local <pack>")}
\`\`\`

With the binary there is nothing to say: it has the permissions above, and the operating system's means hold for it as for any
other program (a user of its own, a read-only file system, a network namespace).
`;
}
