import { EpackError } from "../errors.ts";
import { fileUpload } from "./file_transfer.ts";
import { httpUpload } from "./http_upload.ts";
import { withRetries } from "./retry.ts";
import type { Endpoint, TransferOptions, TransferResult, UploadSource } from "./transfer_types.ts";

/**
 * Uploads the very bytes that were verified: from their open handle, hashed again on the way. A network failure is tried again;
 * PUT says the same thing twice without harm, POST is sent once.
 *
 * @throws EpackError `pack_changed` and what the ways of transfer throw
 */
export async function upload(to: Endpoint, source: UploadSource, options: TransferOptions): Promise<TransferResult> {
  const { fileDigest } = source;
  const { sizeBytes } = source.file;
  if (to.url.kind === "file") {
    if ((to.method ?? "PUT").toUpperCase() !== "PUT") {
      throw new EpackError("adapter_protocol", "the adapter asks for another method than PUT for a file", {
        origin: "adapter",
      });
    }
    await fileUpload(to.url, source, options);
    return { fileDigest, sizeBytes, attempts: 1 };
  }
  const whole = { file: source.file, offset: 0, sizeBytes, digest: fileDigest };
  if (to.method?.toUpperCase() === "POST") {
    await httpUpload(to, whole, options);
    return { fileDigest, sizeBytes, attempts: 1 };
  }
  const { attempts } = await withRetries(() => httpUpload(to, whole, options), options);
  return { fileDigest, sizeBytes, attempts };
}
