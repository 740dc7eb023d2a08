import { join } from "node:path";
/** The test data of others: `EPACK_CORPORA` and `EPACK_FIXTURES`, by default beside the project. */
import { ROOT } from "../scripts/root.ts";

function folder(variable: string, fallback: string): { path: string; missing: boolean } {
  const path = Deno.env.get(variable) ?? join(ROOT, fallback);
  try {
    return { path, missing: !Deno.statSync(path).isDirectory };
  } catch {
    return { path, missing: true };
  }
}

export const corpora = folder("EPACK_CORPORA", "../shared/corpora");
export const fixtures = folder("EPACK_FIXTURES", "../shared/fixtures");
