/** Running adapters: sealed, confined, bounded. Bytes only; the protocol is not known here. */
export { type AdmitOptions, admitPinned, type Admitted, admitUnpinned, inspectAdapter } from "./admit.ts";
export { confinedHost, type ConfinedOptions } from "./confined_host.ts";
export { adapterEnv, type AdapterEnvOptions, type Env, requireReadable } from "./env.ts";
export { checkGrantedFolders } from "./granted_folders.ts";
export type { AdapterHost, HostCall, StartedCall } from "./host.ts";
export { describeConfinement, type Grants, NO_GRANTS } from "./grants.ts";
export { checkNamespace, namespaceHost, type NamespaceOptions } from "./namespace_host.ts";
export { nativeHost } from "./native_host.ts";
export { assertProgram } from "./program_file.ts";
export { CONFINED } from "./self.ts";
export type { RunResult } from "./spawn.ts";
