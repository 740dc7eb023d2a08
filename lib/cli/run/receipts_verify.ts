import { showText } from "../../codec/mod.ts";
import { findProject } from "../../config/mod.ts";
import { EpackError, exitCodes, isEpackError } from "../../errors.ts";
import {
  checkReceipt,
  findReceipt,
  listReceipts,
  type PackStatus,
  type ReceiptCheck,
  type StoredReceipt,
} from "../../receipt/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { ReceiptsFlags } from "./receipts_show.ts";

export interface ReceiptsVerifyFlags extends ReceiptsFlags {
  all?: boolean;
}

/** `invalid`: the receipt itself is damaged, or there is none. */
interface Checked extends Partial<Omit<ReceiptCheck, "status">> {
  receipt: string;
  status: PackStatus | "invalid";
  exitCode: number;
}

const EXIT: Record<PackStatus, number> = {
  unchanged: 0,
  changed: exitCodes().pack_changed,
  missing: exitCodes().file_not_found,
  unreadable: exitCodes().permission_denied,
};

export default async function (run: CommandRun, flags: ReceiptsVerifyFlags, ...words: string[]): Promise<void> {
  if (flags.all ? words.length > 0 : words.length === 0) {
    throw new EpackError("usage", "name receipts, or say --all", { origin: "input", hint: "see epack receipts list" });
  }
  const { root } = await findProject(run.context.cwd, { configPath: flags.config });
  run.steps.step("Reading the packs");
  const checked = flags.all ? await checkAll(run, root) : await checkNamed(run, root, words);
  run.exitCode = checked.find(({ exitCode }) => exitCode !== 0)?.exitCode ?? 0;
  if (run.exitCode !== 0) run.steps.fail();
  const counted = (status: Checked["status"]) => checked.filter((one) => one.status === status).length;
  run.result(
    {
      receipts: checked.map(jsonOf),
      unchanged: counted("unchanged"),
      changed: counted("changed"),
      missing: counted("missing"),
      unreadable: counted("unreadable"),
      invalid: counted("invalid"),
    },
    checked.length === 0 ? ["No receipts."] : checked.flatMap((one) => linesOf(run, one)),
  );
}

async function checkAll(run: CommandRun, projectRoot: string): Promise<Checked[]> {
  const { receipts, damaged } = await listReceipts(projectRoot);
  const checked: Checked[] = [];
  for (const stored of receipts) checked.push(await check(run, projectRoot, stored));
  return [
    ...checked,
    ...damaged.map(({ path, reason }) => ({
      receipt: path,
      status: "invalid" as const,
      reason,
      exitCode: exitCodes().receipt_invalid,
    })),
  ];
}

async function checkNamed(run: CommandRun, projectRoot: string, words: readonly string[]): Promise<Checked[]> {
  const checked: Checked[] = [];
  for (const word of words) {
    try {
      const stored = await findReceipt(word, { projectRoot, cwd: run.context.cwd });
      checked.push(await check(run, projectRoot, stored));
    } catch (error) {
      // one receipt that cannot be read does not hide the others; alone, it is the command's own failure
      if (!isEpackError(error) || run.signal.aborted || words.length === 1) throw error;
      checked.push({ receipt: word, status: "invalid", reason: error.message, exitCode: error.exitCode });
    }
  }
  return checked;
}

async function check(run: CommandRun, projectRoot: string, stored: StoredReceipt): Promise<Checked> {
  const found = await checkReceipt(stored, {
    projectRoot,
    signal: run.signal,
    onProgress: (done, total) => run.steps.progress(done, total),
  });
  return { receipt: stored.name, ...found, exitCode: EXIT[found.status] };
}

function jsonOf({ receipt, status, reason, packPath, fileDigest, packDigest }: Checked) {
  return { receipt, status, pack: packPath, file_digest: fileDigest, pack_digest: packDigest, reason };
}

function linesOf({ paint }: CommandRun, { receipt, status, reason, packPath }: Checked): string[] {
  const word = status === "invalid" ? "receipt invalid" : status;
  return [
    `${status === "unchanged" ? paint.green(word) : paint.red(word)}  ${showText(receipt)}${
      packPath === undefined ? "" : `  ${showText(packPath)}`
    }`,
    ...(reason === undefined ? [] : [`  ${showText(reason)}`]),
  ];
}
