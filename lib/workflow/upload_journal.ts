import * as z from "zod";
import { parseJson } from "../codec/mod.ts";
import { isDigest } from "../digest/mod.ts";
import { UPLOAD } from "../limits.ts";

const digest = z.string().refine(isDigest);

/** The first line: what an upload is, and what it needs to go on. Identifier and token are secrets. */
const beginning = z.object({
  upload_journal: z.literal(1),
  /** What the upload is tied to, as a digest. */
  key: z.string(),
  upload_id: z.string().min(1),
  finalize_token: z.string().min(1),
  part_bytes: z.number().int().positive(),
  expires_at: z.iso.datetime({ offset: true }).optional(),
});
/** A part that the store took. */
const sentPart = z.object({ part: z.number().int().positive(), digest, etag: z.string().optional() });
/** push.finalize is about to be sent; false: it was refused, and nothing was released. */
const finalizing = z.object({ finalizing: z.boolean() });

export type UploadBeginning = Omit<z.infer<typeof beginning>, "upload_journal">;
export type SentPart = z.infer<typeof sentPart>;
export type JournalLine = SentPart | z.infer<typeof finalizing>;

/** What an earlier push left of its upload. */
export interface SavedUpload extends UploadBeginning {
  sent: ReadonlyMap<number, SentPart>;
  finalizing: boolean;
}

export function beginningLine(upload: UploadBeginning): string {
  return JSON.stringify({ upload_journal: 1, ...upload }) + "\n";
}

/** A journal as it was left; undefined when it cannot be used. A line that was cut off counts as not written. */
export function readJournal(text: string): SavedUpload | undefined {
  const [first, ...rest] = text.split("\n").map(parseLine);
  const upload = beginning.safeParse(first);
  if (!upload.success) return undefined;
  const sent = new Map<number, SentPart>();
  let isFinalizing = false;
  for (const line of rest) {
    const part = sentPart.safeParse(line);
    if (part.success) sent.set(part.data.part, part.data);
    const end = finalizing.safeParse(line);
    if (end.success) isFinalizing = end.data.finalizing;
  }
  const { upload_journal: _version, ...known } = upload.data;
  return { ...known, sent, finalizing: isFinalizing };
}

function parseLine(line: string): unknown {
  try {
    return parseJson(line, { maxBytes: UPLOAD.stateBytes, what: "upload journal" });
  } catch {
    return undefined;
  }
}
