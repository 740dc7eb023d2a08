import { PackError } from "./fault.ts";

export interface Names {
  name: string;
  isDirectory: boolean;
}

const ATTESTATION = /^attestations\/[^/]+\.sigstore\.json$/;

/** True for an attestation where it belongs. */
export const isAttestationName = (name: string): boolean => ATTESTATION.test(name);

/**
 * Checks which entries a pack has (pack.md 2.2, 5.2, 6.2): nothing but manifest.json, artifacts/ and attestations/.
 *
 * @throws PackError
 */
export function checkStructure(entries: readonly Names[]): void {
  if (!entries.some(({ name }) => name === "manifest.json")) throw new PackError("missing_manifest");
  if (!entries.some(({ name }) => name.startsWith("artifacts/"))) throw new PackError("missing_artifacts_directory");
  for (const { name, isDirectory } of entries) {
    if (
      name === "manifest.json" || name === "artifacts/" || name === "attestations/" || name.startsWith("artifacts/")
    ) continue;
    if (!name.startsWith("attestations/")) throw new PackError("extra_top_level_entry", { entry: name });
    if (name.slice("attestations/".length).includes("/")) {
      throw new PackError("attestation_not_direct_child", { entry: name });
    }
    if (isDirectory || !isAttestationName(name)) throw new PackError("invalid_attestation_filename", { entry: name });
  }
}

/**
 * Checks that the files below artifacts/ are those that the manifest names.
 *
 * @throws PackError `undeclared_artifact`, `missing_embedded_artifact`
 */
export function checkDeclared(entries: readonly Names[], paths: readonly string[]): void {
  const declared = new Set(paths);
  const present = new Set(
    entries.filter(({ name, isDirectory }) => !isDirectory && name.startsWith("artifacts/")).map(({ name }) => name),
  );
  for (const name of present) if (!declared.has(name)) throw new PackError("undeclared_artifact", { entry: name });
  for (const path of paths) if (!present.has(path)) throw new PackError("missing_embedded_artifact", { entry: path });
}
