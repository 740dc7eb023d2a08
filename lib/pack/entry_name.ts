import { PACK } from "../limits.ts";
import { PackError } from "./fault.ts";

const RESERVED = /^(?:con|prn|aux|nul|com[1-9\u00b9\u00b2\u00b3]|lpt[1-9\u00b9\u00b2\u00b3])(?:\..*)?$/i;
const encoder = new TextEncoder();

/**
 * Checks a name as it stands in a pack (pack.md 2.3; R-009 … ). A trailing slash, the mark of a
 * folder, is allowed here.
 *
 * @throws PackError `invalid_path`, `path_traversal`, `path_not_nfc`, `reserved_name`
 */
export function checkEntryName(name: string): void {
  const refuse = (fault: "invalid_path" | "path_traversal" | "path_not_nfc" | "reserved_name", detail?: string) => {
    throw new PackError(fault, { entry: name, detail });
  };
  if (name === "") refuse("invalid_path", "it is empty");
  if (!name.isWellFormed()) refuse("invalid_path", "it is not valid Unicode");
  if (/[\u0000-\u001f\u007f-\u009f]/.test(name)) refuse("invalid_path", "it has a control character");
  if (name.includes("\\")) refuse("invalid_path", "it has a backslash");
  if (name.startsWith("/")) refuse("invalid_path", "it is absolute");
  if (name.includes(":")) refuse("invalid_path", "it has a colon");
  if (name.normalize("NFC") !== name) refuse("path_not_nfc");
  if (encoder.encode(name).length > PACK.nameBytes) refuse("invalid_path", `it is longer than ${PACK.nameBytes} bytes`);
  const segments = (name.endsWith("/") ? name.slice(0, -1) : name).split("/");
  for (const segment of segments) {
    if (segment === "") refuse("invalid_path", "it has an empty part");
    if (segment === "." || segment.startsWith("..")) refuse("path_traversal");
    if (/[. ]$/.test(segment)) refuse("invalid_path", "a part ends with a dot or a space");
    if (RESERVED.test(segment)) refuse("reserved_name");
    if (encoder.encode(segment).length > PACK.segmentBytes) {
      refuse("invalid_path", `a part is longer than ${PACK.segmentBytes} bytes`);
    }
  }
}

/** One key for all names that become the same file on Windows or macOS: case, Unicode form, trailing dots and spaces. */
function lookalikeKey(name: string): string {
  return name.normalize("NFC").toUpperCase().toLowerCase().normalize("NFC").split("/").map((part) =>
    part.replace(/[. ]+$/, "")
  ).join("/");
}

/**
 * Checks that no two names are one, look like one to another system, or use a file as a folder.
 *
 * @throws PackError `duplicate_path`, `lookalike_path`, `path_conflict`
 */
export function checkDistinctNames(names: readonly string[]): void {
  const exact = new Set<string>();
  const keys = new Map<string, string>();
  for (const name of names) {
    const bare = name.endsWith("/") ? name.slice(0, -1) : name;
    if (exact.has(name)) throw new PackError("duplicate_path", { entry: name });
    if (exact.has(name.endsWith("/") ? bare : `${name}/`)) throw new PackError("path_conflict", { entry: bare });
    exact.add(name);
    const key = lookalikeKey(bare);
    const other = keys.get(key);
    if (other !== undefined) {
      throw new PackError("lookalike_path", { entry: name, detail: `beside ${JSON.stringify(other)}` });
    }
    keys.set(key, bare);
  }
  const folders = new Map<string, string>();
  for (const name of names) {
    for (let slash = name.indexOf("/"); slash !== -1; slash = name.indexOf("/", slash + 1)) {
      const folder = name.slice(0, slash);
      if (exact.has(folder)) throw new PackError("path_conflict", { entry: folder });
      // folders that no entry names must not look alike either: a/x and A/y
      const key = lookalikeKey(folder);
      const other = folders.get(key) ?? keys.get(key) ?? folder;
      if (other !== folder) {
        throw new PackError("lookalike_path", { entry: name, detail: `its folder beside ${JSON.stringify(other)}` });
      }
      folders.set(key, folder);
    }
  }
}
