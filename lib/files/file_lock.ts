import { ioError } from "./io_error.ts";

/** Waits for the exclusive, advisory lock of a file (created when missing). The kernel frees it when the process ends. */
export async function lockFile(path: string): Promise<Disposable> {
  try {
    const file = await Deno.open(path, { create: true, read: true, write: true, mode: 0o600 });
    try {
      await file.lock(true);
    } catch (error) {
      file.close();
      throw error;
    }
    return { [Symbol.dispose]: () => file.close() };
  } catch (error) {
    throw ioError(error, path, { what: "lock" });
  }
}
