import type { Fault } from "./fault.ts";
import { pullFaults } from "./pull_faults.ts";
import { pushFaults } from "./push_faults.ts";
import { tlsFaults } from "./tls_faults.ts";

/** Every fault that is tried, in the order of `docs/reliability.md`. */
export const allFaults: readonly Fault[] = [
  ...pullFaults,
  ...tlsFaults.filter(({ way }) => way === "pull"),
  ...pushFaults,
  ...tlsFaults.filter(({ way }) => way === "push"),
];
