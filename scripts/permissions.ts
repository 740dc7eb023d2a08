/** Which Deno permissions the program has and needs: the one table behind the binary, the `epack` task, the tests and the docs. */
import { SYS_GRANTS } from "../lib/config/mod.ts";

export type PermissionKind = "read" | "write" | "env" | "net" | "run" | "sys";

/** One permission, as it is asked for. `of` names places in angle brackets; none means all of the kind. */
export interface Need {
  kind: PermissionKind;
  of?: string;
  why: string;
}

/** A command as it is typed, and all that it needs from source. */
export interface CommandNeeds {
  command: string;
  /** When it is more than the command's plainest form. */
  when?: string;
  needs: readonly Need[];
}

/** What the whole program has: baked into the binary. Never `ffi`, never `import`. */
export const PROGRAM: readonly Need[] = [
  { kind: "read", why: "packs, projects, adapters and folders are wherever the user says" },
  {
    kind: "write",
    why: "packs, lockfiles and receipts are wherever the user says; sealed copies go to the temporary folder",
  },
  { kind: "env", why: "`secrets:` of a remote are names of the user's choice" },
  { kind: "net", why: "a registry's addresses are known when its adapter has said them" },
  {
    kind: "run",
    why: "a native adapter runs from a sealed copy with a random name; a confined one in a child of this program",
  },
  {
    kind: "sys",
    of: SYS_GRANTS.join(","),
    why: "nothing of its own: what `permissions: {sys: […]}` may grant to a module",
  },
];

const pack: Need = { kind: "read", of: "<pack>", why: "the pack" };
const project: Need = { kind: "read", of: "<project>", why: "`epack.yaml`, the lockfile, `.epack/`" };
const state: Need = { kind: "write", of: "<project>/.epack", why: "receipts, and what an upload needs to go on" };
const self: Need = { kind: "run", of: "<deno>", why: "the child that runs the adapter; for a binary: itself" };
const anyProgram: Need = {
  kind: "run",
  why: "the adapter's sealed copy has a random name, and its whole group is ended",
};
const readStore: Need = { kind: "read", of: "<store>", why: "`transport.file_root`, where the releases are" };
const store: readonly Need[] = [
  readStore,
  { kind: "write", of: "<store>", why: "`transport.file_root`, where the releases are" },
];
const grantedFolder: Need = { kind: "read", of: "<store>", why: "granted folders are looked through for links" };
const runs: Need = { kind: "read", of: "<runs>", why: "results of runs beside the pack, unless `--no-runs`" };
const readAdapter: Need = { kind: "read", of: "<adapter>", why: "the adapter's file" };
const sealed: readonly Need[] = [
  readAdapter,
  { kind: "read", of: "<temporary folder>", why: "the adapter's sealed copy, and what killed runs left there" },
  { kind: "write", of: "<temporary folder>", why: "the adapter's sealed copy" },
];
const output: readonly Need[] = [
  { kind: "read", of: "<output folder>", why: "what is there already" },
  { kind: "write", of: "<output folder>", why: "the file, written beside its name first" },
];
const globs: Need = {
  kind: "env",
  of: "__MINIMATCH_TESTING_PLATFORM__",
  why: "read by the library for globs when it loads",
};
const cacheVariable: Need = {
  kind: "env",
  of: "XDG_CACHE_HOME",
  why: "where the cache is; `HOME` where that is not set",
};
const writeCache: Need = { kind: "write", of: "<cache>", why: "the cache" };
const cache: readonly Need[] = [{ kind: "read", of: "<cache>", why: "the cache" }, writeCache];
const supply: readonly Need[] = [
  project,
  { kind: "read", of: "<trusted root>", why: "where it is not the program's own" },
  ...cache,
];
const github: readonly Need[] = [
  {
    kind: "env",
    of: "XDG_CACHE_HOME,EPACK_GITHUB_API_URL",
    why: "where the cache is, and a GitHub that is not the public one; its token: `GITHUB_TOKEN`",
  },
  { kind: "net", of: "<github>", why: "the API, and the stores of files that it leads to" },
];
const installs: Need = { kind: "write", of: "<project>/.epack", why: "installed adapters" };
const locks: Need = {
  kind: "write",
  of: "<project>",
  why: "the lockfile, and `.epack/` for its turn and installed adapters",
};

/** What each command needs from source, beside `--no-prompt`. `scripts/permissions_doc.ts` makes the documentation of it. */
export const COMMANDS: readonly CommandNeeds[] = [
  { command: "version", needs: [] },
  { command: "--help", needs: [] },
  { command: "completions bash", needs: [] },
  { command: "man", needs: [] },
  { command: "inspect <pack>", needs: [pack] },
  { command: "list <pack>", needs: [pack] },
  { command: "list <pack> --filter *.txt", when: "with a glob", needs: [pack, globs] },
  { command: "verify <pack>", needs: [pack] },
  {
    command:
      "sign <pack folder>/evidence.epack --identity-token-file <token> --fulcio-url http://<registry> --rekor-url http://<registry>",
    when: "with services of one's own",
    needs: [
      { kind: "read", of: "<pack folder>", why: "the pack, and what stands beside it" },
      { kind: "read", of: "<token>", why: "the identity token" },
      { kind: "write", of: "<pack folder>", why: "the signed pack, written beside its name first" },
      { kind: "net", of: "<registry>", why: "the certificate authority and the transparency log" },
    ],
  },
  { command: "trust show", needs: [] },
  { command: "trust export -o <output folder>/trusted_root.json", needs: [...output] },
  { command: "extract <pack> -o <output folder>", needs: [pack, ...output] },
  {
    command: "init",
    needs: [{ kind: "read", of: "<empty folder>", why: "is there an `epack.yaml` already" }, {
      kind: "write",
      of: "<empty folder>",
      why: "`epack.yaml`",
    }],
  },
  {
    command: "build <output folder>/new.epack <inputs>",
    needs: [project, { kind: "read", of: "<inputs>", why: "what is packed" }, ...output],
  },
  {
    command: "lock --yes",
    needs: [project, readAdapter, {
      kind: "write",
      of: "<project>",
      why: "the lockfile, and `.epack/` for its turn",
    }],
  },
  { command: "sync --trust-root <trusted root>", needs: [...supply, installs, ...github] },
  {
    command: "sync --from <mirror> --trust-root <trusted root>",
    when: "without a network",
    needs: [...supply, { kind: "read", of: "<mirror>", why: "the mirror" }, installs, cacheVariable],
  },
  { command: "install --trust-root <trusted root>", needs: [...supply, locks, ...github] },
  { command: "update --trust-root <trusted root>", needs: [...supply, locks, ...github] },
  { command: "outdated", needs: [project, writeCache, ...github] },
  {
    command: "mirror create <output folder>/mirror --trust-root <trusted root>",
    needs: [...supply, ...output, ...github],
  },
  { command: "cache dir", needs: [cacheVariable] },
  { command: "cache prune", needs: [...cache, cacheVariable] },
  { command: "audit", needs: [project] },
  {
    command: "push local <pack> --detach",
    when: "which permissions name what cannot be asked: a job from source gets those that are whole",
    needs: [
      { kind: "read", why: "packs, the project and the store, for the job too" },
      { kind: "write", why: "receipts, the store and `.epack/jobs`, for the job too" },
      { kind: "run", of: "<deno>", why: "the job, and the child that runs its adapter; for a binary: itself" },
    ],
  },
  { command: "jobs --all", needs: [project] },
  { command: "jobs show latest", needs: [project] },
  { command: "jobs logs latest", needs: [project] },
  { command: "jobs wait latest", needs: [project] },
  {
    command: "jobs cancel latest",
    when:
      "of one that ended; of one that runs also `--allow-run`, to end its group, and `--allow-write=<project>/.epack`",
    needs: [project],
  },
  { command: "jobs prune", needs: [project, { ...state, why: "the files of jobs that ended" }] },
  { command: "receipts list", needs: [project] },
  { command: "receipts show latest", needs: [project] },
  { command: "receipts verify latest", needs: [project, pack] },
  { command: "remote list", needs: [project, readAdapter] },
  {
    command: "adapter list",
    when: "without the right to read the variables PATH and HOME it lists no adapters of their folders",
    needs: [project, readAdapter],
  },
  { command: "adapter list --probe", when: "of each kind of adapter one", needs: [project, ...sealed, anyProgram] },
  { command: "remote info local", when: "built-in adapter", needs: [project, readStore, self] },
  { command: "remote whoami local", when: "built-in adapter", needs: [project, readStore, self] },
  {
    command: "remote login module --open",
    when: "module adapter, whose address is opened",
    needs: [
      project,
      ...sealed,
      grantedFolder,
      self,
      { kind: "run", of: "xdg-open", why: "with `--open` alone; `open` on macOS, `rundll32` on Windows" },
    ],
  },
  { command: "remote releases local", when: "built-in adapter", needs: [project, readStore, self] },
  { command: "push local <pack>", when: "built-in adapter", needs: [project, pack, runs, state, ...store, self] },
  {
    command: "pull local -o <output folder>/back.epack",
    when: "built-in adapter",
    needs: [project, state, readStore, ...output, self],
  },
  {
    command: "push ci <pack>",
    when: "built-in adapter, and `auth.mode: oidc_token` in GitHub Actions",
    needs: [
      project,
      pack,
      runs,
      state,
      ...store,
      self,
      { kind: "net", of: "<registry>", why: "the runner's service that gives the token" },
      {
        kind: "env",
        of: "ACTIONS_ID_TOKEN_REQUEST_URL,ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        why: "where it is; elsewhere the variable that has the token",
      },
    ],
  },
  {
    command: "push module <pack>",
    when: "module adapter",
    needs: [project, pack, state, ...sealed, grantedFolder, self],
  },
  {
    command: "push native <pack>",
    when: "native adapter that takes its uploads over http and has a secret",
    needs: [
      project,
      pack,
      runs,
      state,
      ...sealed,
      anyProgram,
      { kind: "net", of: "<registry>", why: "where the adapter says the bytes go" },
      { kind: "env", of: "EXAMPLE_TOKEN", why: "`secrets:` of the remote" },
    ],
  },
];

/** Deno's flags for a list of needs, with the places filled in. */
export function permissionFlags(needs: readonly Need[], places: Readonly<Record<string, string>> = {}): string[] {
  const byKind = new Map<PermissionKind, string[] | undefined>();
  for (const { kind, of } of needs) {
    if (of === undefined) byKind.set(kind, undefined);
    else if (!byKind.has(kind) || byKind.get(kind) !== undefined) {
      byKind.set(kind, [...byKind.get(kind) ?? [], filled(of, places)]);
    }
  }
  return [...byKind].map(([kind, values]) =>
    values === undefined ? `--allow-${kind}` : `--allow-${kind}=${[...new Set(values)].join(",")}`
  );
}

/** Text with `<place>` replaced; places that are not known stay. */
export function filled(text: string, places: Readonly<Record<string, string>>): string {
  return text.replaceAll(/<[a-z ]+>/g, (place) => places[place.slice(1, -1)] ?? place);
}

/** Flags of the runtime beside permissions, the same from source and compiled. */
export const RUNTIME_FLAGS: readonly string[] = ["--no-prompt", "--unstable-worker-options"];

/** For V8: little young memory, which thousands of small files would fill. */
export const V8_FLAGS: readonly string[] = ["--max-semi-space-size=4"];
