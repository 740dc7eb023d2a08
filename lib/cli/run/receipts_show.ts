import { type JsonValue, showText } from "../../codec/mod.ts";
import { findProject } from "../../config/mod.ts";
import { findReceipt } from "../../receipt/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { CommonFlags } from "../flags.ts";

export interface ReceiptsFlags extends CommonFlags {
  config?: string;
}

export default async function (run: CommandRun, flags: ReceiptsFlags, word: string): Promise<void> {
  const { cwd } = run.context;
  const { root } = await findProject(cwd, { configPath: flags.config });
  const { name, path, kind, json } = await findReceipt(word, { projectRoot: root, cwd });
  run.result({ receipt: name, path, kind, content: json }, [
    `${run.paint.bold(name)} (${kind})`,
    `  ${path}`,
    ...leaves(json).map(([field, value]) => `  ${field}: ${value}`),
  ]);
}

/** Every value with the way to it: `pack.size_bytes`. */
function leaves(value: JsonValue, way = ""): [field: string, value: string][] {
  if (value === null || typeof value !== "object") {
    return value === null || value === "" ? [] : [[way, showText(String(value))]];
  }
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) {
    return value.length === 0 ? [] : [[way, showText(value.join(", "))]];
  }
  return Object.entries(value).flatMap(([key, inner]) =>
    leaves(inner, `${way}${way === "" ? "" : "."}${showText(key, { maxChars: 100 })}`)
  );
}
