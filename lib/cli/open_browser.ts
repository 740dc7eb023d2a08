/** What opens an address in the user's browser: never a shell, which would read signs in it. */
const OPENERS: Partial<Record<typeof Deno.build.os, readonly [string, ...string[]]>> = {
  darwin: ["open"],
  windows: ["rundll32", "url.dll,FileProtocolHandler"],
};

/**
 * Opens an https address in the browser and does not wait for it.
 *
 * @param options.onFailure told in words why that was not possible
 * @throws what Deno throws for a missing permission
 */
export function openBrowser(url: string, options: { onFailure: (why: string) => void }): void {
  const [program, ...before] = OPENERS[Deno.build.os] ?? ["xdg-open"];
  try {
    const child = new Deno.Command(program, {
      args: [...before, url],
      stdin: "null",
      stdout: "null",
      stderr: "null",
      // in a session of its own: the end of this program and of its terminal is none of its business
      detached: true,
    }).spawn();
    child.unref();
    void child.status.then(({ code }) => {
      if (code !== 0) options.onFailure(`${program} ended with exit code ${code}`);
    });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    options.onFailure(error instanceof Deno.errors.NotFound ? `there is no ${program}` : String(error));
  }
}
