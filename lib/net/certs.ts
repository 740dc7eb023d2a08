import { join } from "node:path";

/** Bundles of certificate authorities where systems keep them. */
const SYSTEM_BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
  "/usr/local/etc/ssl/cert.pem",
];

const known = new Map<string, Promise<string[]>>();

/**
 * Certificates to trust beside the built-in ones, as PEM texts: of SSL_CERT_FILE and SSL_CERT_DIR, else of the system's store.
 * Deno reads none of these by itself. What cannot be read counts as empty: a connection that needs it fails by name.
 */
export function trustedCerts(env: Readonly<Record<string, string>>): Promise<string[]> {
  const { SSL_CERT_FILE: file, SSL_CERT_DIR: folders } = env;
  const key = JSON.stringify([file, folders]);
  const found = known.get(key) ?? read(file, folders);
  known.set(key, found);
  return found;
}

async function read(file: string | undefined, folders: string | undefined): Promise<string[]> {
  const files: string[] = file ? [file] : [];
  for (const folder of (folders ?? "").split(":").filter((path) => path !== "")) {
    const names = await Array.fromAsync(Deno.readDir(folder), (entry) => entry.name).catch(() => []);
    files.push(...names.sort().map((name) => join(folder, name)));
  }
  if (file || folders) return (await Promise.all(files.map(pemsOf))).flat();
  for (const bundle of SYSTEM_BUNDLES) {
    const pems = await pemsOf(bundle);
    if (pems.length > 0) return pems;
  }
  return [];
}

async function pemsOf(path: string): Promise<string[]> {
  const text = await Deno.readTextFile(path).catch(() => "");
  return text.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? [];
}
