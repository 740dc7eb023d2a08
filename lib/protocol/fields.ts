/** The shapes that the messages are made of. In a reply, absent, `null` and `""` mean the same in every optional field. */
import * as z from "zod";
import type { Camelized } from "./case.ts";
import { isDigest } from "../digest/mod.ts";

const blankAsAbsent = (value: unknown) => (value === null || value === "" ? undefined : value);

/** An optional field of a reply. */
export const optional = <Shape extends z.ZodType>(shape: Shape) =>
  z.preprocess(blankAsAbsent, shape.optional()).optional();

/** A list of a reply: absent, `null` and empty are one. */
export const list = <Shape extends z.ZodType>(shape: Shape) =>
  z.preprocess((value) => value ?? [], z.array(shape)).default([]);

export const text = z.string().min(1);
export const textMap = z.record(z.string(), z.string());

/** `sha256:` and 64 lower-case hex digits. */
const DIGEST_FORM = "is not sha256: and 64 lower-case hex digits";
export const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, DIGEST_FORM).refine(isDigest, DIGEST_FORM);

/** A whole number of bytes or things in 0..2^53-1. */
export const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

/** RFC 3339 with a zone. */
export const time = z.iso.datetime({ offset: true, error: "is not an RFC 3339 time" });

/** Where a release belongs. `stream` is of the field dialect. */
export const target = z.object({ workspace: text.optional(), environment: text.optional(), stream: text.optional() });

/** The pack of a push: `digest` is the manifest's pack_digest; the last three are of the field dialect. */
export const packInfo = z.object({
  path: text,
  digest,
  size_bytes: count,
  /** 64 hex digits, without a prefix. */
  manifest_digest: z.string().regex(/^[0-9a-f]{64}$/).optional(),
  file_digest: digest.optional(),
  /** Base64 of the MD5 of the whole file. */
  checksum: z.string().optional(),
});

export const releaseInfo = z.object({
  labels: z.array(z.string()).optional(),
  notes: z.string().optional(),
  source: z.object({ git_sha: z.string().optional(), ci_run_url: z.string().optional() }).optional(),
  build_context: textMap.optional(),
  version: z.string().optional(),
});

/** Credentials that the remote's `auth` asks to hand over. */
export const authHints = z.object({
  mode: z.string().optional(),
  token: z.string().optional(),
  claims: textMap.optional(),
});

/** What every request has. */
export const envelope = {
  protocol_version: z.literal(1),
  request_id: text,
  /** The remote's `extensions` of epack.yaml. */
  extensions: z.record(z.string(), z.json()).optional(),
};

export type TargetConfig = Camelized<z.infer<typeof target>>;
export type PackInfo = Camelized<z.infer<typeof packInfo>>;
export type ReleaseInfo = Camelized<z.infer<typeof releaseInfo>>;
export type SourceInfo = NonNullable<ReleaseInfo["source"]>;
export type AuthHints = Camelized<z.infer<typeof authHints>>;
