/** Transfers to and from folders below `transport.file_root`: no link is followed on the way. */
import { createHasher, type Digest } from "../digest/mod.ts";
import { EpackError } from "../errors.ts";
import { breather, confineBelow, confineOpen, createStaging, openRegular, readAt, sameFile } from "../files/mod.ts";
import { TRANSFER } from "../limits.ts";
import type { SafeUrl } from "../net/mod.ts";
import { type DownloadBounds, type DownloadTarget, writeAll } from "./http_download.ts";
import { changed } from "./http_upload.ts";
import type { TransferOptions, UploadSource } from "./transfer_types.ts";

/**
 * Copies the open file below the root; it appears there whole, synced, and only when its bytes still have their digest.
 *
 * @throws EpackError `pack_changed`, `file_refused`, `io`
 */
export async function fileUpload(url: SafeUrl, source: UploadSource, options: TransferOptions): Promise<void> {
  const { path, root } = await confined(url);
  const { file, fileDigest } = source;
  if (await sameFile(path, file.path)) {
    throw new EpackError("url_refused", "the adapter asks to upload the pack onto itself", { origin: "adapter" });
  }
  await using staging = await createStaging(path);
  await confineOpen(root, staging);
  const { digest, sizeBytes } = await copy(file.file, staging, {
    ...options,
    totalBytes: file.sizeBytes,
    maxBytes: file.sizeBytes,
  });
  if (digest !== fileDigest || sizeBytes !== file.sizeBytes || !file.stillSame()) throw changed(file.path);
  // the name is taken in the folder that was looked at, unless it is swapped in this very moment
  await confineOpen(root, staging);
  await staging.commit({ force: true });
}

/**
 * Copies a file from below the root.
 *
 * @throws EpackError `file_refused`, `file_not_found`, `pack_mismatch`, `limit_exceeded`, `io`
 */
export async function fileDownload(
  url: SafeUrl,
  target: DownloadTarget,
  options: TransferOptions & DownloadBounds & { output: string },
): Promise<{ fileDigest: Digest; sizeBytes: number }> {
  const { path, root } = await confined(url);
  if (await sameFile(path, options.output)) {
    throw new EpackError("usage", `the output ${JSON.stringify(options.output)} is the remote's own copy`, {
      origin: "input",
      hint: "write to another place with -o",
    });
  }
  using source = await openRegular(path, { what: "the remote's copy" });
  await confineOpen(root, source);
  const { expectedBytes, maxBytes } = options;
  if (expectedBytes !== undefined && source.sizeBytes !== expectedBytes) {
    throw new EpackError(
      "pack_mismatch",
      `${url.shown} has ${source.sizeBytes} bytes; ${expectedBytes} were announced`,
      { origin: "remote" },
    );
  }
  const { digest, sizeBytes } = await copy(source.file, target, {
    ...options,
    totalBytes: source.sizeBytes,
    maxBytes: expectedBytes ?? maxBytes,
  });
  return { fileDigest: digest, sizeBytes };
}

async function confined(url: SafeUrl): Promise<{ path: string; root: string }> {
  const { path, rules: { fileRoot } } = url;
  if (path === undefined || fileRoot === undefined) {
    throw new EpackError("internal", "a file transfer without a path or a root");
  }
  return { path: await confineBelow(fileRoot, path), root: fileRoot };
}

async function copy(
  source: Deno.FsFile,
  target: DownloadTarget,
  options: TransferOptions & { totalBytes: number; maxBytes: number },
): Promise<{ digest: Digest; sizeBytes: number }> {
  const breathe = breather(options.signal);
  const hasher = createHasher();
  const { throttle } = options;
  const block = new Uint8Array(throttle?.stepBytes ?? TRANSFER.blockBytes);
  let sizeBytes = 0;
  for (;;) {
    const count = readAt(source, sizeBytes, block);
    if (count === 0) break;
    sizeBytes += count;
    if (sizeBytes > options.maxBytes) {
      throw new EpackError("limit_exceeded", `the remote's copy has more than ${options.maxBytes} bytes`, {
        origin: "remote",
      });
    }
    hasher.update(block.subarray(0, count));
    await throttle?.take(count, options.signal);
    writeAll(target, block.subarray(0, count));
    options.onProgress?.(sizeBytes, options.totalBytes);
    await breathe();
  }
  return { digest: hasher.digest(), sizeBytes };
}
