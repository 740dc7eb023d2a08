import type { Digest } from "../digest/mod.ts";
import { EpackError } from "../errors.ts";
import { hashFile } from "../files/mod.ts";
import { fileDownload } from "./file_transfer.ts";
import { type DownloadBounds, type DownloadTarget, httpDownload, startOver } from "./http_download.ts";
import type { Beginning } from "./joining.ts";
import { withRetries } from "./retry.ts";
import type { Endpoint, TransferOptions, TransferResult } from "./transfer_types.ts";

export interface DownloadResult extends TransferResult {
  /** What was in the file already when the last answer began, in bytes. */
  resumedBytes: number;
}

/**
 * Downloads into an open file of ours, with digest and size of what was written. After a failure that passes it goes on where it
 * stopped, as `target.resume` allows, or from zero. A file that did not come in one piece is hashed as it stands on the disk.
 *
 * @param options.output the final place, which must not be the source itself
 * @throws EpackError as the ways of transfer, `adapter_protocol` (method)
 */
export async function download(
  from: Endpoint,
  target: DownloadTarget,
  options: TransferOptions & DownloadBounds & { output: string },
): Promise<DownloadResult> {
  if (from.url.kind === "file") {
    return { ...await fileDownload(from.url, target, options), attempts: 1, resumedBytes: 0 };
  }
  refuseMethod(from);
  const { expectedBytes, maxBytes, signal } = options;
  const part: Beginning = target.resume?.part ?? { sizeBytes: 0 };
  if (part.sizeBytes > (expectedBytes ?? maxBytes)) await startOver(target, part);
  const resumedBytes = part.sizeBytes;
  if (resumedBytes > 0 && resumedBytes === expectedBytes) {
    return { fileDigest: await hashFile(target, { signal }), sizeBytes: resumedBytes, resumedBytes, attempts: 0 };
  }
  let longest = part.sizeBytes;
  const { value, attempts } = await withRetries(async ({ moved }) => {
    const mayGoOn = () => target.resume !== undefined && (part.etag ?? expectedBytes) !== undefined;
    if (!mayGoOn() && part.sizeBytes > 0) await startOver(target, part);
    const onGrown = () => {
      // what came once and was thrown away is no progress
      if (part.sizeBytes > longest && mayGoOn()) moved();
      longest = Math.max(longest, part.sizeBytes);
    };
    return await httpDownload(from, target, { ...options, part, onGrown });
  }, options);
  const fileDigest: Digest = value.digest ?? await hashFile(target, { signal });
  return { fileDigest, sizeBytes: part.sizeBytes, attempts, resumedBytes: value.joinedAt };
}

function refuseMethod({ method = "GET" }: Endpoint): void {
  if (method.toUpperCase() === "GET") return;
  throw new EpackError("adapter_protocol", `the adapter asks to download by ${JSON.stringify(method.slice(0, 20))}`, {
    origin: "adapter",
  });
}
