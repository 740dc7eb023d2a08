import { readRegular } from "../files/mod.ts";
import { cacheFolder, openAdapterCache } from "../install/mod.ts";
import { openGithub, type ReleaseStore } from "../release/mod.ts";
import { TRUST } from "../limits.ts";
import { parseTrustedRoot, publicGoodRoot } from "../trust/mod.ts";
import type { InstallContext } from "./lock_source.ts";
import { sumProgress } from "./sum_progress.ts";
import { join } from "node:path";

export interface OpenInstallOptions {
  env: Readonly<Record<string, string>>;
  /** Absolute; in place of the embedded root. */
  trustRoot?: string;
  insecureSkipVerify?: boolean;
  /** In place of GitHub: a mirror. */
  store?: ReleaseStore;
  /** Of all downloads together. */
  onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/**
 * Opens what adapters are installed from and with: GitHub (or the store that is given), the user's cache, the trusted root.
 *
 * @throws EpackError `usage`, `insecure_refused`, `signature_invalid` (a root that is none), `file_not_found`, `io`
 */
export async function openInstall(options: OpenInstallOptions): Promise<InstallContext> {
  const { env, trustRoot, insecureSkipVerify, onProgress } = options;
  const base = cacheFolder(env);
  const root = trustRoot === undefined
    ? publicGoodRoot()
    : parseTrustedRoot(await readRegular(trustRoot, { maxBytes: TRUST.rootBytes, what: "trusted root" }));
  const store = options.store ?? openGithub({ env, cacheFolder: join(base, "answers") });
  const newProgress = onProgress && sumProgress(onProgress);
  return { store, root, insecureSkipVerify, newProgress, cache: await openAdapterCache(base) };
}
