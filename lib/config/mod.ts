/** `epack.yaml`: where the project is, what it says, and each remote as the program works with it. */
export { type Config, loadConfig, parseConfig } from "./config.ts";
export { CONFIG_NAME, type Env, findProject, LOCKFILE_NAME, type Project } from "./project.ts";
export { type AdapterKind, BUILT_IN_ADAPTERS, type Remote, resolveRemote } from "./remote.ts";
export { type Permissions, permissionsSchema, REMOTE_NAME, SYS_GRANTS } from "./schema.ts";
export { starterConfig } from "./starter.ts";
