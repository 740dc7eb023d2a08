/**
 * Why a host is refused for the way it is written; undefined when it is plain. The URL parser reads `0x7f.1`, `%6cocalhost` and
 * `ⓛocalhost` as hosts that the text does not show: a host must be spelled the way it is used. Names of other scripts are taken
 * when they turn into `xn--` labels, and are shown as these.
 *
 * @param written the authority of the URL as it came, with its port
 * @param hostname what the parser made of it
 */
export function hostFault(written: string, hostname: string): string | undefined {
  if (written.includes("@")) return "it has a user or a password in it";
  const host = written.replace(/:\d*$/, "").toLowerCase();
  if (hostname.startsWith("[")) return host.startsWith("[") ? undefined : "this spelling of a host is not allowed";
  const labels = hostname.split(".");
  if (hostname.length > 253 || !labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))) {
    return "its host is no plain name: letters, digits, hyphens, and no dot at the end";
  }
  const said = host.split(".");
  const plain = said.length === labels.length &&
    labels.every((label, index) =>
      label === said[index] || (label.startsWith("xn--") && /[^\u0000-\u007f]/.test(said[index]))
    );
  return plain ? undefined : "this spelling of a host is not allowed";
}
