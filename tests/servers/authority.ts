import assert from "node:assert/strict";
import { join } from "node:path";

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** Runs openssl in a folder. */
export async function openssl(folder: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args, cwd: folder, stderr: "piped" }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

/** A certificate authority of our own, as `<name>.pem` and `<name>.key` in the folder. */
export async function authority(folder: string, name: string): Promise<void> {
  const subject = [
    "-keyout",
    `${name}.key`,
    "-out",
    `${name}.pem`,
    "-subj",
    `/CN=a test authority ${name}`,
    "-days",
    "7",
  ];
  await openssl(folder, "req", "-x509", ...KEY, ...subject);
}

/**
 * A server's certificate for host names, signed by the authority `ca` in the folder.
 *
 * @param options.ca another authority of the folder
 * @param options.days how long it is good for; 0: until a moment ago
 */
export async function certificateFor(
  folder: string,
  names: string[],
  options: { ca?: string; days?: number } = {},
): Promise<{ cert: string; key: string }> {
  const { ca = "ca", days = 7 } = options;
  await openssl(folder, "req", ...KEY, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=a test server");
  await Deno.writeTextFile(join(folder, "names"), `subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}\n`);
  const sign = [
    "-CA",
    `${ca}.pem`,
    "-CAkey",
    `${ca}.key`,
    "-CAcreateserial",
    "-extfile",
    "names",
    "-days",
    String(days),
  ];
  await openssl(folder, "x509", "-req", "-in", "server.csr", "-out", "server.pem", ...sign);
  return {
    cert: await Deno.readTextFile(join(folder, "server.pem")),
    key: await Deno.readTextFile(join(folder, "server.key")),
  };
}
