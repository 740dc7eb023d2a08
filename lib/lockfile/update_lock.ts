import { dirname, join } from "node:path";
import type { JsonValue, YamlDocument } from "../codec/mod.ts";
import { EpackError } from "../errors.ts";
import { ensureFolder, lockFile, writeAtomic } from "../files/mod.ts";
import type { LockedRemote } from "./lock.ts";
import { parseLock, readLockText } from "./lock_file.ts";

export interface LockChanges {
  set?: Readonly<Record<string, LockedRemote>>;
  remove?: readonly string[];
}

/**
 * Changes entries of the lockfile and leaves every other byte as it is: other programs' sections, comments, order. Creates it
 * when there is none. Two runs at once wait for each other, so neither loses the other's entries.
 *
 * @throws EpackError `lockfile_invalid` when it cannot be read, or is written in a way that cannot be edited safely; `io`
 */
export async function updateLock(path: string, changes: LockChanges): Promise<void> {
  const state = join(dirname(path), ".epack");
  await ensureFolder(state, { below: dirname(path) });
  using _turn = await lockFile(join(state, "lockfile.turn"));
  const before = await readLockText(path) ?? "schema_version: 1\n";
  let text = before;
  for (const name of changes.remove ?? []) text = edit(text, { path, name, entry: undefined });
  for (const [name, entry] of Object.entries(changes.set ?? {})) text = edit(text, { path, name, entry });
  if (text !== before) await writeAtomic(path, text);
}

interface Edit {
  path: string;
  name: string;
  /** Undefined removes it. */
  entry: LockedRemote | undefined;
}

/** One edit; the result is read again and must say exactly what was meant. */
function edit(text: string, change: Edit): string {
  const { document } = parseLock(text, change);
  const meant = structuredClone(document.value) as { remotes?: Record<string, JsonValue> | null };
  const remotes = { ...meant.remotes };
  const had = Object.hasOwn(remotes, change.name);
  if (change.entry === undefined) {
    if (!had) return text;
    delete remotes[change.name];
  } else remotes[change.name] = plain(change.entry);
  const changed = splice(text, document, change);
  const { document: reread } = parseLock(changed, change);
  if (comparable(reread.value) !== comparable({ ...meant, remotes } as unknown as JsonValue)) {
    throw uneditable(change.path);
  }
  return changed;
}

function uneditable(path: string): EpackError {
  return new EpackError(
    "lockfile_invalid",
    `${path}: its remotes are written in a way that cannot be edited without touching other parts`,
    {
      origin: "project",
      hint: "write remotes: as a block, one key a line",
    },
  );
}

function splice(text: string, document: YamlDocument, { path, name, entry }: Edit): string {
  const root = document.node([]);
  if (root === undefined || root.flow) throw uneditable(path);
  const at = root.entries.get("remotes");
  const block = (indent: number) => (entry === undefined ? "" : entryText(name, entry, " ".repeat(indent)));
  if (at === undefined) return `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}remotes:\n${block(2)}`;
  const sections = [...root.entries.values()].map(({ keyStart }) => keyStart).sort((a, b) => a - b);
  const sectionEnd = contentEnd(text, sections.find((start) => start > at.keyStart) ?? text.length);
  const entries = [...at.node.entries].map(([key, { keyStart }]) => ({ key, start: lineStart(text, keyStart) })).sort((
    a,
    b,
  ) => a.start - b.start);
  if (entries.length === 0) {
    // `remotes:`, `remotes: null` or `remotes: {}`
    return `${text.slice(0, lineStart(text, at.keyStart))}remotes:${entry === undefined ? " {}" : ""}\n${block(2)}${
      text.slice(sectionEnd)
    }`;
  }
  if (at.node.flow) throw uneditable(path);
  const indent = text.slice(entries[0].start).search(/\S/);
  const index = entries.findIndex(({ key }) => key === name);
  if (index === -1) {
    const next = entries.find(({ key }) => key > name);
    const place = next?.start ?? sectionEnd;
    const gap = place === sectionEnd && !text.slice(0, place).endsWith("\n") ? "\n" : "";
    return `${text.slice(0, place)}${gap}${block(indent)}${text.slice(place)}`;
  }
  const end = index + 1 < entries.length ? contentEnd(text, entries[index + 1].start) : sectionEnd;
  if (entry === undefined && entries.length === 1) {
    return `${text.slice(0, lineStart(text, at.keyStart))}remotes: {}\n${text.slice(end)}`;
  }
  return text.slice(0, entries[index].start) + block(indent) + text.slice(end);
}

const lineStart = (text: string, offset: number) => text.lastIndexOf("\n", offset - 1) + 1;

/** Goes back over blank lines and comments: they belong to what comes next. */
function contentEnd(text: string, offset: number): number {
  let end = offset;
  for (;;) {
    const start = lineStart(text, end - 1);
    if (end === 0 || start >= end || !/^[ \t]*(?:#.*)?\r?\n?$/.test(text.slice(start, end))) return end;
    end = start;
  }
}

/** An entry in its normal form: fixed order of keys, platforms sorted, texts in quotes. */
function entryText(name: string, entry: LockedRemote, indent: string): string {
  const lines: string[] = [
    `${indent}${/^\d|^(?:null|true|false|yes|no|on|off|y|n)$/.test(name) ? JSON.stringify(name) : name}:`,
  ];
  const write = (value: JsonValue, depth: number) => {
    for (const [key, inner] of Object.entries(value as Record<string, JsonValue>)) {
      const head = `${indent}${"  ".repeat(depth)}${
        /^[a-z_/0-9]+$/.test(key) && !/^\d/.test(key) ? key : JSON.stringify(key)
      }:`;
      if (inner !== null && typeof inner === "object" && !Array.isArray(inner) && Object.keys(inner).length > 0) {
        lines.push(head);
        write(inner, depth + 1);
      } else lines.push(`${head} ${JSON.stringify(inner)}`);
    }
  };
  write(plain(entry), 1);
  return lines.join("\n") + "\n";
}

/** An entry with the file's keys, without what is undefined. */
function plain({ lockedAt, platforms, signer, verification, ...rest }: LockedRemote): JsonValue {
  const sorted = Object.fromEntries(Object.entries(platforms).sort(([a], [b]) => (a < b ? -1 : 1)));
  const entry = {
    ...rest,
    signer: signer && {
      issuer: signer.issuer,
      subject: signer.subject,
      source_repository_uri: signer.sourceRepositoryUri,
      source_repository_ref: signer.sourceRepositoryRef,
    },
    verification: verification && { status: verification.status, verified_at: verification.verifiedAt },
    locked_at: lockedAt,
    platforms: sorted,
  };
  return JSON.parse(JSON.stringify(entry));
}

function comparable(value: JsonValue): string {
  const sort = (inner: JsonValue): JsonValue => {
    if (Array.isArray(inner)) return inner.map(sort);
    if (inner === null || typeof inner !== "object") return inner;
    return Object.fromEntries(Object.keys(inner).sort().map((key) => [key, sort(inner[key])]));
  };
  return JSON.stringify(sort(value));
}
