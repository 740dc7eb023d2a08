import { commonFlags, configFlag, switchFlag, textFlag } from "./flags.ts";
import type { CommonFlags } from "./flags.ts";

/** Flags of the commands that run an adapter. */
export interface RemoteFlags extends CommonFlags {
  config?: string;
  env?: string;
  frozen?: boolean;
  insecureAllowUnpinned?: boolean;
  insecureAllowUnverified?: boolean;
  timeout?: number;
}

/** `90`, `90s`, `5m`, `1h` as milliseconds. */
export function parseDuration(text: string): number {
  const match = text.match(/^(\d{1,6})(ms|s|m|h)?$/);
  if (match === null || Number(match[1]) === 0) {
    throw new SyntaxError(`Cannot read ${JSON.stringify(text)} as a duration: write 90s, 5m or 1h`);
  }
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] ?? "s"] ?? 1000;
  return Math.min(Number(match[1]) * unit, 24 * 3_600_000);
}

export const remoteFlags = {
  ...configFlag,
  env: textFlag("Environment of the configuration (environments.<name>)", "name"),
  frozen: switchFlag("Refuse whatever is not pinned, and every insecure flag (for CI)"),
  insecureAllowUnpinned: switchFlag("Run an adapter that the lockfile does not pin"),
  insecureAllowUnverified: switchFlag("Run an adapter that was installed without verification"),
  timeout: {
    kind: "parsed",
    parse: parseDuration,
    brief: "For each command of the adapter, such as 90s or 5m (default 5m)",
    optional: true,
    placeholder: "time",
  },
  ...commonFlags,
} as const;
