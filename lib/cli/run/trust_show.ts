import { showText } from "../../codec/mod.ts";
import { readRegular } from "../../files/mod.ts";
import { TRUST } from "../../limits.ts";
import { parseTrustedRoot, publicGoodRoot, type TrustedKeyKind } from "../../trust/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { CommonFlags } from "../flags.ts";
import { trustRootPath } from "../trust_root.ts";

export interface TrustShowFlags extends CommonFlags {
  trustRoot?: string;
}

const KINDS: Readonly<Record<TrustedKeyKind, string>> = {
  certificate_authority: "certificate authority",
  certificate_log: "log of certificates",
  transparency_log: "log of signatures",
  timestamp_authority: "time-stamp authority",
};

export default async function (run: CommandRun, flags: TrustShowFlags): Promise<void> {
  const path = trustRootPath(run, flags);
  const file = flags.trustRoot ?? path;
  const root = path === undefined
    ? publicGoodRoot()
    : parseTrustedRoot(await readRegular(path, { maxBytes: TRUST.rootBytes, what: "trusted root" }));
  const now = run.context.now();
  const keys = root.keys.map((key) => ({
    ...key,
    valid: new Date(key.validFrom) <= now && (key.validUntil === undefined || now <= new Date(key.validUntil)),
  }));
  const json = {
    source: file ?? "embedded",
    digest: root.digest,
    keys: keys.map(({ kind, name, fingerprint, validFrom, validUntil, valid }) => ({
      kind,
      name,
      fingerprint,
      valid_from: validFrom,
      valid_until: validUntil ?? null,
      valid,
    })),
  };
  run.result(json, [
    file === undefined ? "Sigstore's public-good root, part of this program" : showText(file),
    `  Digest: ${root.digest}`,
    ...keys.flatMap(({ kind, name, fingerprint, validFrom, validUntil, valid }) => [
      `  ${KINDS[kind]} ${showText(name)}${valid ? "" : ` ${run.paint.yellow("(not valid now)")}`}`,
      `    from ${validFrom}${validUntil === undefined ? "" : ` until ${validUntil}`}`,
      run.flags.verbose ? `    ${fingerprint}` : undefined,
    ]),
  ]);
}
