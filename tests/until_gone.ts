/** Returns once the process is gone; hangs when it lives on. A killed one may take a moment to be buried. */
export async function untilGone(pid: number): Promise<void> {
  for (;;) {
    try {
      Deno.kill(pid, "SIGCONT");
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
