/** Namespaces can be had here: bubblewrap is installed, and the kernel lets this user make them. */
export const mayBwrap = Deno.build.os === "linux" &&
  new Deno.Command("sh", {
    args: ["-c", "command -v bwrap && bwrap --unshare-all --ro-bind / / true"],
    stdout: "null",
    stderr: "null",
  }).outputSync().success;
