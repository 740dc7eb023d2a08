import { basename, dirname } from "node:path";
import * as z from "zod";
import { type JsonObject, parseJson, showText } from "../codec/mod.ts";
import { type Digest, isDigest } from "../digest/mod.ts";
import { EpackError, isEpackError } from "../errors.ts";
import { readRegular } from "../files/mod.ts";
import { RECEIPT } from "../limits.ts";

/** `runs`: those of a pack that was released before were synced. */
export const RECEIPT_KINDS = ["push", "pull", "runs"] as const;
export type ReceiptKind = typeof RECEIPT_KINDS[number];

/** What a receipt says, of this program or of the Go tool; fields that are not known are in {@link StoredReceipt.json} only. */
export interface Receipt {
  createdAt: Date;
  remote: string;
  /** As it was written: absolute, or relative to a folder that the receipt does not name. */
  packPath: string;
  sizeBytes: number;
  /** Of the whole file, where the receipt says it. */
  fileDigest?: Digest;
  /** Of the pack's contents, where the receipt says it. */
  packDigest?: Digest;
  /** What the remote announced of a pull: one of the two above, and it is not said which. */
  announced?: Digest;
  releaseId?: string;
  version?: string;
  stream?: string;
  /** The contents were verified when it was written. */
  verified: boolean;
}

/** A receipt and its file. */
export interface StoredReceipt {
  /** The file's name without `.json`. */
  name: string;
  path: string;
  kind: ReceiptKind;
  receipt: Receipt;
  /** All of it, as it was written. */
  json: JsonObject;
}

/** A file that should be a receipt, and why it is none. */
export interface DamagedReceipt {
  path: string;
  reason: string;
}

const digest = z.string().refine(isDigest, "is not sha256: and 64 lower-case hex digits");
const text = z.preprocess((value) => (value === null || value === "" ? undefined : value), z.string().optional());
const known = z.preprocess((value) => (value === "" ? undefined : value), digest.optional());

/** Both kinds, both tools. */
const schema = z.object({
  receipt_version: z.literal(1, "is not 1"),
  /** Where pack and release do not tell it. */
  kind: z.literal("runs", "is not known").optional(),
  created_at: z.iso.datetime({ offset: true, error: "is not an RFC 3339 time" }),
  remote: z.string().min(1),
  target: z.object({ stream: text }).nullish(),
  pack: z.object({
    path: text,
    output_path: text,
    digest,
    file_digest: known,
    pack_digest: known,
    size_bytes: z.number().int().nonnegative(),
    stream: text,
    release_id: text,
    version: text,
  }),
  release: z.object({ release_id: text, pack_digest: known, version: text }).optional(),
  verified: z.boolean().optional(),
});

/**
 * Reads a receipt. Below `receipts/<kind>/<remote>/` it must be of that kind and remote.
 *
 * @throws EpackError `receipt_invalid`; `file_not_found`, `file_refused`, … of the file itself
 */
export async function readReceipt(path: string, place?: { kind: ReceiptKind; remote: string }): Promise<StoredReceipt> {
  const bytes = await readRegular(path, { maxBytes: RECEIPT.bytes, what: "receipt" });
  const wrong = (reason: string) =>
    new EpackError("receipt_invalid", `receipt ${JSON.stringify(path)} is damaged: ${reason}`, { origin: "project" });
  let json: JsonObject;
  try {
    const value = parseJson(bytes, { maxBytes: RECEIPT.bytes, maxDepth: RECEIPT.depth, what: "it" });
    if (value === null || typeof value !== "object" || Array.isArray(value)) throw wrong("it is no JSON object");
    json = value;
  } catch (error) {
    if (isEpackError(error)) throw error;
    throw wrong(error instanceof Error ? showText(error.message) : String(error));
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw wrong(showText(`${issue.path.map(String).join(".")}: ${issue.message}`, { maxChars: 300 }));
  }
  const kind = kindOf(parsed.data);
  if (kind === undefined) throw wrong("it names neither the pack that was pushed nor the output of a pull");
  if (place !== undefined && place.kind !== kind) throw wrong(`it is of a ${kind}, among those of a ${place.kind}`);
  if (place !== undefined && place.remote !== parsed.data.remote) {
    throw wrong(`it is of remote ${showText(JSON.stringify(parsed.data.remote))}, among those of ${place.remote}`);
  }
  const receipt = toReceipt(parsed.data, kind);
  const released = parsed.data.release?.pack_digest;
  if (released !== undefined && receipt.packDigest !== released) {
    throw wrong("the pack and the release have different digests");
  }
  return { name: basename(path).replace(/\.json$/, ""), path, kind, receipt, json };
}

type Parsed = z.infer<typeof schema>;

function kindOf({ kind, pack }: Parsed): ReceiptKind | undefined {
  if (kind !== undefined && pack.path !== undefined) return kind;
  if (pack.output_path !== undefined) return "pull";
  return pack.path === undefined ? undefined : "push";
}

function toReceipt({ created_at, remote, target, pack, release, verified }: Parsed, kind: ReceiptKind): Receipt {
  const shared = {
    createdAt: new Date(created_at),
    remote,
    sizeBytes: pack.size_bytes,
    fileDigest: pack.file_digest,
  };
  if (kind !== "pull") {
    return {
      ...shared,
      packPath: pack.path ?? "",
      packDigest: pack.digest,
      releaseId: release?.release_id,
      version: release?.version,
      stream: target?.stream,
      verified: true,
    };
  }
  return {
    ...shared,
    packPath: pack.output_path ?? "",
    packDigest: pack.pack_digest,
    announced: pack.digest,
    releaseId: pack.release_id,
    version: pack.version,
    stream: pack.stream,
    verified: verified ?? false,
  };
}

/** The kind and remote of a file below a receipts folder, told by the names of its folders. */
export function placeOf(path: string): { kind: ReceiptKind; remote: string } | undefined {
  const folder = dirname(path);
  const kind = RECEIPT_KINDS.find((known) => known === basename(dirname(folder)));
  if (basename(dirname(dirname(folder))) !== "receipts" || kind === undefined) return undefined;
  return { kind, remote: basename(folder) };
}
