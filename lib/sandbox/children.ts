import { onSuddenEnd } from "../last_resort.ts";

/** The children that this process started with `detached: true` and that may still be alive, with what they started. */
const children = new Set<Deno.ChildProcess>();

/**
 * Ends a child with its whole group at once; one that is gone already is fine. Without the right to signal a group (`--allow-run`
 * in full) the child alone is ended, which for a confined one is all there is.
 *
 * What left the group (setsid, setpgid) lives on: finding it takes /proc, which Deno opens to `--allow-all` alone. In namespaces,
 * as a native adapter with `permissions:` has them, it ends too.
 */
export function killGroup(child: Deno.ChildProcess): void {
  try {
    if (Deno.build.os === "windows") child.kill("SIGKILL");
    else Deno.kill(-child.pid, "SIGKILL");
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) killAlone(child);
  }
}

function killAlone(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch { /* gone */ }
}

/** Remembers a child, so that it does not outlive this process by mistake. */
export function trackChild(child: Deno.ChildProcess): void {
  children.add(child);
}

/** Forgets a child, after ending what is left of its group. */
export function releaseChild(child: Deno.ChildProcess): void {
  if (children.delete(child)) killGroup(child);
}

onSuddenEnd(() => {
  for (const child of children) killGroup(child);
  children.clear();
});
