/** Receipts: what was pushed and pulled, written whole, found again, and held against the packs they name. */
export { checkReceipt, type PackStatus, type ReceiptCheck } from "./check_receipt.ts";
export { findReceipt } from "./find_receipt.ts";
export { listReceipts, receiptFiles, type Receipts } from "./list_receipts.ts";
export { type DamagedReceipt, readReceipt, type Receipt, type ReceiptKind, type StoredReceipt } from "./receipt.ts";
export { foreseeReceipts, openReceipts, type ReceiptStore } from "./write_receipt.ts";
