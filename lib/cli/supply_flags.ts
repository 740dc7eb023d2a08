import { type CommonFlags, commonFlags, configFlag, listFlag, switchFlag, textFlag } from "./flags.ts";

/** Flags of the commands that get adapters from releases. */
export interface TrustFlags extends CommonFlags {
  config?: string;
  trustRoot?: string;
  insecureSkipVerify?: boolean;
}

/** Flags of those that write the lockfile, too. */
export interface SupplyFlags extends TrustFlags {
  yes?: boolean;
  platform?: readonly string[];
  allPlatforms?: boolean;
}

export const trustFlags = {
  trustRoot: textFlag(
    "Trusted keys (trusted_root.json) in place of Sigstore's public ones (default: EPACK_TRUST_ROOT)",
    "file",
  ),
  insecureSkipVerify: switchFlag("Take adapters that nobody vouches for, and mark them so"),
  ...configFlag,
  ...commonFlags,
} as const;

export const lockFlags = {
  yes: switchFlag("Lock what adapters are allowed, and what is unusual about them, without asking"),
  platform: listFlag("Also for this platform, such as darwin/arm64; repeatable", "os/arch"),
  allPlatforms: switchFlag("For every platform that releases are made for"),
  ...trustFlags,
} as const;
