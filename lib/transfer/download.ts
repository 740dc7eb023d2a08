import { fileDownload } from "./file_transfer.ts";
import { type DownloadBounds, type DownloadTarget, httpDownload } from "./http_download.ts";
import { withRetries } from "./retry.ts";
import type { Endpoint, TransferOptions, TransferResult } from "./transfer_types.ts";

/**
 * Downloads into an open file of ours, with digest and size of what was written. A network failure starts it again from zero.
 *
 * @param options.output the final place, which must not be the source itself
 * @throws EpackError as the ways of transfer
 */
export async function download(
  from: Endpoint,
  target: DownloadTarget,
  options: TransferOptions & DownloadBounds & { output: string },
): Promise<TransferResult> {
  if (from.url.kind === "file") return { ...await fileDownload(from.url, target, options), attempts: 1 };
  const { value, attempts } = await withRetries(async ({ number }) => {
    if (number > 1) {
      await target.file.truncate(0);
      await target.file.seek(0, Deno.SeekMode.Start);
    }
    return await httpDownload(from, target, options);
  }, options);
  return { ...value, attempts };
}
