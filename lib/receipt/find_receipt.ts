import { join, resolve } from "node:path";
import { EpackError } from "../errors.ts";
import { readAll, type ReceiptFile, receiptFiles } from "./list_receipts.ts";
import { placeOf, readReceipt, type StoredReceipt } from "./receipt.ts";

/** Names tell the second; which of these is the newest, their contents tell. */
const LATEST_OF = 100;

/**
 * The receipt that a word names: `latest`, a path, a name, or how one begins (`20260102_`, or with its folders
 * `push/prod/20260102_`).
 *
 * @throws EpackError `file_not_found` for none, `usage` for several, `receipt_invalid`
 */
export async function findReceipt(
  word: string,
  options: { projectRoot: string; cwd: string },
): Promise<StoredReceipt> {
  const { projectRoot, cwd } = options;
  const none = () =>
    new EpackError("file_not_found", `there is no receipt ${JSON.stringify(word)}`, {
      origin: "input",
      hint: "see epack receipts list",
    });
  const files = await receiptFiles(projectRoot);
  if (word === "latest") {
    const { receipts: [latest], damaged } = await readAll(files.slice(0, LATEST_OF));
    if (latest !== undefined) return latest;
    throw damaged.length > 0 ? new EpackError("receipt_invalid", damaged[0].reason, { origin: "project" }) : none();
  }
  const path = resolve(cwd, word);
  if (/[/\\]|\.json$/.test(word) && await Deno.lstat(path).then((info) => !info.isDirectory, () => false)) {
    return await readReceipt(path, path.startsWith(join(projectRoot, ".epack")) ? placeOf(path) : undefined);
  }
  const whole = files.filter((file) => namesOf(file).includes(word));
  const found = whole.length > 0 ? whole : files.filter((file) => namesOf(file).some((name) => name.startsWith(word)));
  if (found.length === 0) throw none();
  if (found.length === 1) return await readReceipt(found[0].path, found[0]);
  const shown = found.slice(0, 3).map((file) => namesOf(file)[1]).join(", ");
  throw new EpackError("usage", `${found.length} receipts begin with ${JSON.stringify(word)}: ${shown}, …`, {
    origin: "input",
    hint: "give more of the name, or the path",
  });
}

/** By which a receipt is called; the second is the only one of its kind. */
function namesOf({ name, kind, remote }: ReceiptFile): [string, string] {
  return [name, `${kind}/${remote}/${name}`];
}
