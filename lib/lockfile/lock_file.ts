/** The syntax of `epack.lock.yaml`, strictly read. Sections of other programs are not looked at. */
import * as z from "zod";
import { parseYaml, type YamlDocument, YamlError } from "../codec/mod.ts";
import { permissionsSchema, REMOTE_NAME } from "../config/mod.ts";
import { type Digest, isDigest } from "../digest/mod.ts";
import { EpackError, isEpackError } from "../errors.ts";
import { readRegular } from "../files/mod.ts";
import { LOCKFILE } from "../limits.ts";
import type { Lock, LockedRemote } from "./lock.ts";

const digest = z.custom<Digest>(isDigest, "is not sha256: and 64 lower-case hex digits");

const platformSchema = z.looseObject({ digest, asset: z.string().optional(), url: z.string().optional() });

const remoteSchema = z.looseObject({
  kind: z.string().optional(),
  source: z.string().optional(),
  version: z.string().optional(),
  commit: z.string().optional(),
  signer: z.looseObject({
    issuer: z.string(),
    subject: z.string().optional(),
    source_repository_uri: z.string().optional(),
    source_repository_ref: z.string().optional(),
  }).optional(),
  verification: z.looseObject({ status: z.string(), verified_at: z.string().optional() }).optional(),
  locked_at: z.string().optional(),
  permissions: permissionsSchema.optional(),
  platforms: z.record(z.string().regex(/^[a-z0-9]+\/[a-z0-9]+$/, "is not os/arch"), platformSchema)
    .refine(
      (platforms) => Object.keys(platforms).length <= LOCKFILE.platforms,
      `has more than ${LOCKFILE.platforms} platforms`,
    ),
});

const lockSchema = z.looseObject({
  schema_version: z.literal(1, "is not 1, the one version that is read"),
  remotes: z.record(z.string().regex(REMOTE_NAME, "is not the name of a remote"), remoteSchema).nullish(),
});

/** A broken lockfile is named as broken; it is never taken for "not pinned". */
function broken(path: string, error: Error): EpackError {
  return new EpackError("lockfile_invalid", `the lockfile is broken: ${error.message}`, {
    origin: "project",
    hint: `restore ${path} from version control, or remove it and lock again`,
    cause: error,
  });
}

/**
 * Reads the lockfile; undefined only when there is none.
 *
 * @throws EpackError `lockfile_invalid` for anything that cannot be read or understood
 */
export async function readLock(path: string): Promise<Lock | undefined> {
  const text = await readLockText(path);
  return text === undefined ? undefined : parseLock(text, { path }).lock;
}

/** The text of the lockfile. @throws EpackError `lockfile_invalid` */
export async function readLockText(path: string): Promise<string | undefined> {
  try {
    const bytes = await readRegular(path, { maxBytes: LOCKFILE.bytes, what: "lockfile" });
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (isEpackError(error, "file_not_found")) return undefined;
    if (error instanceof TypeError) throw broken(path, new Error(`${path} is not valid UTF-8`));
    if (isEpackError(error)) throw broken(path, error);
    throw error;
  }
}

/** @throws EpackError `lockfile_invalid`, with file, line and column */
export function parseLock(text: string, options: { path: string }): { lock: Lock; document: YamlDocument } {
  try {
    const document = parseYaml(text, { filename: options.path, maxChars: LOCKFILE.bytes });
    if (document.value === null) throw document.error([], "is empty");
    const parsed = lockSchema.safeParse(document.value);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      const path = issue.path.filter((step) => typeof step !== "symbol");
      throw document.error(path, path.length === 0 ? issue.message : `${path.join(".")}: ${issue.message}`);
    }
    const remotes = Object.entries(parsed.data.remotes ?? {}).map(([name, remote]) => [name, fromFile(remote)]);
    return { lock: { path: options.path, remotes: Object.fromEntries(remotes) }, document };
  } catch (error) {
    if (error instanceof YamlError) throw broken(options.path, error);
    throw error;
  }
}

/** An entry without the file's own spelling. */
function fromFile(remote: z.infer<typeof remoteSchema>): LockedRemote {
  const { locked_at: lockedAt, signer, verification, ...rest } = remote;
  return {
    ...rest,
    signer: signer && {
      issuer: signer.issuer,
      subject: signer.subject,
      sourceRepositoryUri: signer.source_repository_uri,
      sourceRepositoryRef: signer.source_repository_ref,
    },
    verification: verification && { status: verification.status, verifiedAt: verification.verified_at },
    lockedAt,
  };
}
