import { showText } from "../../codec/mod.ts";
import { type AuditedRemote, auditRemotes } from "../../supply/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { CommonFlags } from "../flags.ts";
import { openProject } from "./open_remote.ts";

export default async function (run: CommandRun, flags: CommonFlags & { config?: string }): Promise<void> {
  const { project, config } = await openProject(run, flags);
  const remotes = await auditRemotes({ project, config, signal: run.signal });
  const problems = remotes.reduce((sum, remote) => sum + remote.problems.length, 0);
  if (problems > 0) run.exitCode = 1;
  run.result({ remotes: remotes.map(jsonOf), problems }, [
    ...remotes.flatMap((remote) => linesOf(run, remote)),
    remotes.length === 0
      ? "No remotes are configured."
      : problems === 0
      ? "Nothing to object to."
      : `${problems} to look at.`,
  ]);
}

function jsonOf({ adapterName, lockedAt, lastUsed, ...remote }: AuditedRemote) {
  return { ...remote, adapter: adapterName, locked_at: lockedAt, last_used: lastUsed };
}

function linesOf({ paint }: CommandRun, remote: AuditedRemote): string[] {
  const { signer, permissions, secrets = [] } = remote;
  const field = (name: string, value: string | undefined) =>
    value === undefined || value === "" ? [] : [`  ${`${name}:`.padEnd(11)}${showText(value)}`];
  return [
    paint.bold(remote.name),
    ...field("Adapter", [remote.adapterName, remote.kind?.replace("_", " "), remote.status].filter(Boolean).join(", ")),
    ...field("From", [remote.source, remote.version].filter(Boolean).join(", ")),
    ...field("Commit", remote.commit),
    ...field("File", remote.path),
    ...field("Digest", remote.digest),
    ...field("Built by", signer?.subject),
    ...field("Locked", remote.lockedAt),
    ...field("May", permissions && JSON.stringify(permissions)),
    ...field("Secrets", secrets.join(", ")),
    ...field("Runs as", remote.confinement),
    ...field("Last used", remote.lastUsed),
    ...remote.problems.map((problem) => `  ${paint.red("!")} ${showText(problem)}`),
  ];
}
