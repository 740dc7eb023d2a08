import { join, resolve } from "node:path";
import { findProject, loadConfig } from "../../config/mod.ts";
import { EpackError, isEpackError } from "../../errors.ts";
import { createStaging } from "../../files/mod.ts";
import { PACK } from "../../limits.ts";
import { type BuildInput, buildPack } from "../../pack/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { CommonFlags } from "../flags.ts";
import { showSize } from "../render/size.ts";

export interface BuildFlags extends CommonFlags {
  stream?: string;
  output?: string;
  file?: readonly string[];
  source?: readonly string[];
  stdin?: string;
  contentType?: string;
  generatedAt?: string;
  force?: boolean;
  config?: string;
}

export default async function (run: CommandRun, flags: BuildFlags, ...words: string[]): Promise<void> {
  const { context, signal } = run;
  const [output, artifacts] = flags.output === undefined ? [words[0], words.slice(1)] : [flags.output, words];
  if (output === undefined) {
    throw new EpackError("usage", "the pack to write is not named", {
      origin: "input",
      hint: "epack build <pack> <file or folder>…",
    });
  }
  const { contentType } = flags;
  const inputs: BuildInput[] = [
    ...artifacts.map((path) => ({ path, contentType })),
    ...(flags.file ?? []).map((text) => ({ ...splitFile(text), contentType })),
  ];
  await using piped = flags.stdin === undefined ? undefined : await stdinFile(run);
  if (piped !== undefined && flags.stdin !== undefined) inputs.push({ path: piped.path, as: flags.stdin, contentType });
  if (inputs.length === 0) {
    throw new EpackError("usage", "there is nothing to pack", {
      origin: "input",
      hint: "name files or folders after the pack",
    });
  }
  const stream = flags.stream ?? await configuredStream(run, flags);
  run.steps.step("Building the pack");
  const built = await buildPack({
    output: resolve(context.cwd, output),
    cwd: context.cwd,
    stream,
    inputs,
    sources: (flags.source ?? []).map(splitSource),
    generatedAt: generatedAt(flags.generatedAt, { epoch: context.env.SOURCE_DATE_EPOCH, now: context.now() }),
    force: flags.force,
    signal,
    onProgress: (done, total) => run.steps.progress(done, total),
  });
  const json = {
    path: output,
    stream,
    pack_digest: built.packDigest,
    manifest_digest: built.manifestDigest,
    artifact_count: built.artifactCount,
    size: built.sizeBytes,
  };
  run.result(json, [
    `${run.paint.green("Built")} ${output} (${showSize(built.sizeBytes)})`,
    `  Stream:    ${stream}`,
    `  Artifacts: ${built.artifactCount}`,
    `  Digest:    ${built.packDigest}`,
  ]);
}

/** `src:dest` or `src`; the colon of a Windows drive is no separator. */
function splitFile(text: string): { path: string; as?: string } {
  const colon = text.indexOf(":", /^[A-Za-z]:[\\/]/.test(text) ? 2 : 0);
  return colon === -1 ? { path: text } : { path: text.slice(0, colon), as: text.slice(colon + 1) };
}

function splitSource(text: string): { name: string; version?: string } {
  const colon = text.indexOf(":");
  return colon === -1 ? { name: text } : { name: text.slice(0, colon), version: text.slice(colon + 1) };
}

async function configuredStream(run: CommandRun, flags: BuildFlags): Promise<string> {
  try {
    const { stream } = await loadConfig((await findProject(run.context.cwd, { configPath: flags.config })).configPath);
    if (stream) return stream;
  } catch (error) {
    if (!isEpackError(error, "project_not_found")) throw error;
  }
  throw new EpackError("usage", "the stream of the pack is not named", {
    origin: "input",
    hint: "name it with --stream, or with stream: in epack.yaml",
  });
}

/** @throws EpackError `usage` */
function generatedAt(text: string | undefined, options: { epoch?: string; now: Date }): Date {
  const refuse = (what: string) =>
    new EpackError("usage", `${what} is not a time`, { origin: "input", hint: "write it like 2026-01-31T12:00:00Z" });
  if (text !== undefined) {
    const time = new Date(text);
    if (Number.isNaN(time.getTime()) || !/^\d{4}-\d\d-\d\d/.test(text)) {
      throw refuse(`--generated-at ${JSON.stringify(text)}`);
    }
    return time;
  }
  if (!options.epoch) return options.now;
  const time = new Date(Number(options.epoch) * 1000);
  if (!/^\d{1,12}$/.test(options.epoch) || Number.isNaN(time.getTime())) {
    throw refuse(`SOURCE_DATE_EPOCH ${JSON.stringify(options.epoch)}`);
  }
  return time;
}

/** Stdin as a file of its own: a pack needs to know sizes before it is written. */
async function stdinFile(run: CommandRun) {
  const staging = await createStaging(join(run.context.env.TMPDIR || "/tmp", "epack-stdin"));
  let size = 0;
  try {
    for await (const chunk of run.context.stdin) {
      run.signal.throwIfAborted();
      size += chunk.length;
      if (size > PACK.artifactBytes) {
        throw new EpackError("limit_exceeded", `stdin has more than ${PACK.artifactBytes} bytes`, { origin: "input" });
      }
      for (let written = 0; written < chunk.length;) written += await staging.file.write(chunk.subarray(written));
    }
    return staging;
  } catch (error) {
    await staging.discard();
    throw error;
  }
}
