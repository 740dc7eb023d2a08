/** The fields of `epack.yaml` that this program owns. Keys are the file's own. */
import * as z from "zod";

export const REMOTE_NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
const REFUSED_VARIABLE = /^(?:EPACK_|LD_|DYLD_|DENO_|_)|^(?:PATH|NODE_OPTIONS)$/i;

const text = z.string().min(1, "is empty");
const url = z.url({ protocol: /^https?$/, error: "is not an http(s) address" });

/** A variable that may be handed on to an adapter: an identifier, and none that changes how programs are loaded. */
const variable = z.string().regex(IDENTIFIER, "is not the name of an environment variable")
  .refine(
    (name) => !REFUSED_VARIABLE.test(name),
    "is a variable that is never handed on (EPACK_*, LD_*, DYLD_*, DENO_*, _*, PATH, NODE_OPTIONS)",
  );

const source = z.string().regex(
  /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*@(?:latest|[v^~]?\d+(?:\.\d+){0,2}(?:-[\w.]+)?)$/,
  "is not owner/repo@version, where version is latest, v1.2.3, 1.2.3, ^1.2 or ~1.2",
);

const absolute = z.string().regex(/^(?:\/|[A-Za-z]:[\\/])/, "is not an absolute path");

const target = z.strictObject({ workspace: text.optional(), environment: text.optional() });

const auth = z.strictObject({
  mode: text.optional(),
  profile: text.optional(),
  oidc: z.strictObject({
    provider: text.optional(),
    audience: text.optional(),
    // where the token is, for what is no CI that is known
    token_env: z.string().regex(IDENTIFIER, "is not the name of an environment variable").optional(),
    token_file: text.optional(),
  }).refine(
    ({ token_env, token_file }) => token_env === undefined || token_file === undefined,
    "has both token_env and token_file; it can have one of them",
  ).optional(),
  api_key: z.strictObject({ env: text.optional() }).optional(),
  insecure_endpoint: url.optional(),
  endpoint: url.optional(),
});

const release = z.strictObject({
  labels: z.array(text).optional(),
  notes: z.string().optional(),
  source: z.strictObject({
    git: z.strictObject({ sha_env: text.optional(), repo_env: text.optional() }).optional(),
    ci: z.strictObject({ run_url_env: text.optional() }).optional(),
  }).optional(),
});

const runs = z.strictObject({
  sync: z.boolean().optional(),
  paths: z.array(text).optional(),
  require_success: z.boolean().optional(),
});

const folderList = z.array(text);

/** What `permissions: {sys: […]}` may grant: facts about the machine that a function of `Deno` gives. */
export const SYS_GRANTS = [
  "gid",
  "hostname",
  "loadavg",
  "networkInterfaces",
  "osRelease",
  "osUptime",
  "systemMemoryInfo",
  "uid",
] as const;

/** An adapter's grants. Unlimited ones (`true`), `run` and `ffi` cannot be written. */
export const permissionsSchema = z.strictObject({
  // `*` is for native adapters, whose network is all or none
  net: z.array(
    z.string().regex(/^(?:\*$|[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/, "is not a host or host:port"),
  )
    .optional(),
  read: folderList.optional(),
  write: folderList.optional(),
  env: z.array(variable).optional(),
  sys: z.array(z.enum(SYS_GRANTS, `is none of ${SYS_GRANTS.join(", ")}`)).optional(),
});

export const remoteSchema = z.strictObject({
  adapter: z.string().regex(REMOTE_NAME, "is not the name of an adapter").optional(),
  source: source.optional(),
  binary: absolute.optional(),
  target: target.optional(),
  auth: auth.optional(),
  insecure_endpoint: url.optional(),
  endpoint: url.optional(),
  verify: z.strictObject({
    pack: z.boolean().optional(),
    strict: z.boolean().optional(),
    source_workflow: z.boolean().optional(),
  }).optional(),
  release: release.optional(),
  runs: runs.optional(),
  transport: z.strictObject({
    file_root: absolute.optional(),
    allow_loopback_http: z.boolean().optional(),
    public_only: z.boolean().optional(),
  }).optional(),
  secrets: z.array(variable).optional(),
  credentials: z.array(text).optional(),
  path: z.literal("inherit", 'can only be "inherit"').optional(),
  permissions: permissionsSchema.optional(),
  extensions: z.record(z.string(), z.json()).optional(),
}).refine(
  (remote) => remote.source === undefined || remote.binary === undefined,
  "has both source and binary; it can have one of them",
)
  .refine(
    (remote) => remote.adapter !== undefined || remote.source !== undefined || remote.binary !== undefined,
    "has neither adapter, source nor binary",
  )
  .refine(
    (remote) => !/\.m?js$/.test(remote.binary ?? "") || !remote.permissions?.net?.includes("*"),
    { path: ["permissions", "net"], error: "grants a module the whole network; name the hosts that it needs" },
  );

/** What an environment may change. Anything else would change what runs, under the lock. */
export const overlaySchema = z.strictObject({
  adapter: remoteSchema.shape.adapter,
  target: target.optional(),
  insecure_endpoint: url.optional(),
  endpoint: url.optional(),
  auth: auth.pick({ mode: true, profile: true, insecure_endpoint: true, endpoint: true }).optional(),
  release: release.pick({ labels: true, notes: true }).optional(),
  runs: runs.pick({ sync: true, require_success: true }).optional(),
});

export const configSchema = z.looseObject({
  stream: z.string().optional(),
  remotes: z.record(
    z.string().regex(REMOTE_NAME, "is not the name of a remote: a-z, 0-9, dot, underscore, dash; at most 64"),
    remoteSchema,
  )
    .refine((remotes) => Object.keys(remotes).length <= 100, "has more than 100 remotes").nullish(),
  environments: z.record(
    z.string().min(1),
    z.looseObject({ remotes: z.record(z.string(), overlaySchema).nullish() }).nullish(),
  ).nullish(),
});

export type RemoteConfig = z.infer<typeof remoteSchema>;
export type Overlay = z.infer<typeof overlaySchema>;
export type Permissions = z.infer<typeof permissionsSchema>;
