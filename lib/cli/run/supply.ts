import { showText } from "../../codec/mod.ts";
import { EpackError } from "../../errors.ts";
import { currentPlatform, RELEASE_PLATFORMS } from "../../lockfile/mod.ts";
import { type InstallContext, type LockOutcome, type LockRequest, openInstall } from "../../supply/mod.ts";
import type { ReleaseStore } from "../../release/mod.ts";
import { confirm } from "../ask.ts";
import type { CommandRun } from "../command_run.ts";
import { strictProduction } from "../process_env.ts";
import type { SupplyFlags, TrustFlags } from "../supply_flags.ts";
import { trustRootPath } from "../trust_root.ts";

/** Opens GitHub, the cache and the trusted root, as the flags say. @throws EpackError `insecure_refused`, and as `openInstall` */
export async function installContext(
  run: CommandRun,
  flags: TrustFlags,
  options: { store?: ReleaseStore } = {},
): Promise<InstallContext> {
  const { env } = run.context;
  if (flags.insecureSkipVerify && strictProduction(env)) {
    throw new EpackError("insecure_refused", "--insecure-skip-verify is refused under EPACK_STRICT_PRODUCTION", {
      origin: "input",
    });
  }
  if (flags.insecureSkipVerify) run.steps.warn("nobody's word is asked for on the adapters that are installed now");
  return await openInstall({
    env,
    trustRoot: trustRootPath(run, flags),
    insecureSkipVerify: flags.insecureSkipVerify,
    store: options.store,
    onProgress: (done, total) => run.steps.progress(done, total),
  });
}

/** What `lockRemotes` needs of flags: platforms, and a person to ask. */
export function lockOptions(run: CommandRun, flags: SupplyFlags) {
  return {
    signal: run.signal,
    now: run.context.now,
    platforms: platformsOf(flags),
    openInstall: () => installContext(run, flags),
    confirmGrants: (grants: Parameters<LockRequest["confirmGrants"]>[0]) => confirmGrants(run, flags, grants),
    confirmAlarms: (found: Parameters<LockRequest["confirmAlarms"]>[0]) => confirmAlarms(run, flags, found),
  };
}

/** @throws EpackError `usage` for a platform that there is not */
function platformsOf(flags: SupplyFlags): readonly string[] | undefined {
  if (flags.allPlatforms) return [...new Set([currentPlatform(), ...RELEASE_PLATFORMS])];
  if (flags.platform === undefined) return undefined;
  const unknown = flags.platform.find((platform) => !/^[a-z0-9]{1,20}\/[a-z0-9]{1,20}$/.test(platform));
  if (unknown === undefined) return [...new Set([currentPlatform(), ...flags.platform])];
  throw new EpackError("usage", `${JSON.stringify(unknown)} is no platform`, {
    origin: "input",
    hint: `write it like ${RELEASE_PLATFORMS.join(", ")}`,
  });
}

/** Shows what an adapter is to be allowed, beside what it was before, and asks; `--yes` has answered already. */
async function confirmGrants(
  run: CommandRun,
  flags: SupplyFlags,
  grants: Parameters<LockRequest["confirmGrants"]>[0],
): Promise<boolean> {
  const shown = (permissions: object) =>
    Object.entries(permissions).map(([kind, list]) =>
      `\n  ${kind}: ${(list as string[]).map((item) => showText(item)).join(", ")}`
    )
      .join("") || "\n  nothing";
  if (!flags.quiet && !flags.json) {
    run.steps.say(`The adapter of remote "${grants.remoteName}" is to be allowed:${shown(grants.permissions)}`);
    if (grants.before !== undefined) run.steps.say(`It was allowed before:${shown(grants.before)}`);
  }
  return flags.yes || await confirm(run.context, "Lock it with these permissions?", run);
}

/** Where nobody can be asked, the answer is no: the error says what was found. */
async function confirmAlarms(
  run: CommandRun,
  flags: SupplyFlags,
  found: Parameters<LockRequest["confirmAlarms"]>[0],
): Promise<boolean> {
  for (const alarm of found.alarms) run.steps.warn(`remote "${found.remoteName}": ${showText(alarm)}`);
  if (flags.yes) return true;
  if (!run.context.interactive || !run.context.stderr.isTerminal) return false;
  return await confirm(run.context, "Lock it all the same?", run);
}

/** Locked remotes as JSON, with the Go tool's fields first. */
export function lockedJson(locked: LockOutcome["locked"]) {
  return locked.map((
    { name, platforms, isNew, updated, kind, fileDigest, permissions, version, versionBefore, signer },
  ) => ({
    Name: name,
    Kind: "remote",
    Version: version ?? "",
    Platforms: platforms,
    IsNew: isNew,
    Updated: updated,
    adapter_kind: kind,
    digest: fileDigest,
    permissions,
    version_before: versionBefore,
    signer,
  }));
}

/** A line for each locked remote, and what it may do. */
export function lockedLines(run: CommandRun, locked: LockOutcome["locked"]): string[] {
  return locked.flatMap(({ name, fileDigest, isNew, updated, version, versionBefore, signer, permissions }) => {
    const moved = versionBefore !== undefined && versionBefore !== version ? `${versionBefore} → ` : "";
    const release = version === undefined ? "" : `  ${showText(`${moved}${version}`)}`;
    return [
      `${run.paint.green(isNew ? "Locked" : updated ? "Updated" : "Unchanged")} ${name}${release}  ${fileDigest}`,
      ...(signer?.subject === undefined ? [] : [`  built by ${showText(signer.subject)}`]),
      ...(permissions === undefined ? [] : [`  ${name} may: ${JSON.stringify(permissions)}`]),
    ];
  });
}
