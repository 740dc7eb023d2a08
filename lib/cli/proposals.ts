/** Words of the project that a shell offers: names of remotes, receipts, jobs. What cannot be read offers nothing. */
import type { Context } from "./context.ts";

/** More than this is no help to who types. */
const MOST = 200;

/** The names of the remotes of epack.yaml. */
export async function proposeRemotes(this: Context, partial: string): Promise<readonly string[]> {
  try {
    const { findProject, loadConfig } = await import("../config/mod.ts");
    const { remotes } = await loadConfig((await findProject(this.cwd)).configPath);
    return matching(Object.keys(remotes).sort(), partial);
  } catch {
    return [];
  }
}

/** `latest`, and the names of receipts, the newest first. */
export async function proposeReceipts(this: Context, partial: string): Promise<readonly string[]> {
  try {
    const { findProject } = await import("../config/mod.ts");
    const { receiptFiles } = await import("../receipt/mod.ts");
    const files = await receiptFiles((await findProject(this.cwd)).root);
    const names = files.map(({ kind, remote, name }) => `${kind}/${remote}/${name}`);
    return matching(["latest", ...files.map(({ name }) => name), ...names], partial);
  } catch {
    return [];
  }
}

/** `latest`, and the ids of jobs, the newest first. */
export async function proposeJobs(this: Context, partial: string): Promise<readonly string[]> {
  try {
    const { findProject } = await import("../config/mod.ts");
    const { jobIds } = await import("../job/mod.ts");
    return matching(["latest", ...await jobIds((await findProject(this.cwd)).root)], partial);
  } catch {
    return [];
  }
}

function matching(words: readonly string[], partial: string): string[] {
  return [...new Set(words)].filter((word) => word.startsWith(partial)).slice(0, MOST);
}
