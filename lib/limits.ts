/** Every bound and time-out of the program, named, with its unit. A bound that is not here does not exist. */

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** Evidence packs (specification 1.0, resource limits). They hold while reading, not after. */
export const PACK = {
  fileBytes: 2 * GIB,
  artifactBytes: 100 * MIB,
  totalUncompressedBytes: 2 * GIB,
  artifacts: 10_000,
  entries: 15_000,
  /** uncompressed : compressed */
  ratio: 100,
  manifestBytes: 10 * MIB,
  manifestDepth: 32,
  attestationBytes: MIB,
  nameBytes: 240,
  segmentBytes: 80,
} as const;

export const FILES = {
  /** An output that another process holds is waited for so long. */
  heldMs: 1_000,
} as const;

export const CONFIG = {
  bytes: MIB,
  remotes: 100,
  yamlDepth: 50,
  yamlAliases: 100,
  yamlExpandedNodes: 200_000,
} as const;
export const LOCKFILE = { bytes: 10 * MIB, platforms: 100 } as const;

/** Adapter processes and the protocol. */
export const ADAPTER = {
  commandMs: 5 * 60_000,
  capabilitiesMs: 30_000,
  /** From the first polite signal to SIGKILL of the group, and for pipes that a grandchild holds. */
  graceMs: 2_000,
  responseBytes: 10 * MIB,
  responseDepth: 64,
  /** Of JSON, at all depths: the results of a thousand runs are some thousands. */
  responseValues: 30_000,
  /** Shown and kept: the last part of stderr. */
  stderrTailBytes: 64 * KIB,
  /** Read and dropped beyond this: the adapter is ended. */
  stderrBytes: MIB,
  /** Stdin of a command that goes on after its answer stays open until then; this is for adapters that wait for its end. */
  openStdinMs: 5_000,
  startsPerSecond: 10,
  startsBurst: 5,
  /** Adapters that are asked for their capabilities at one time, when all are listed. */
  probesAtOnce: 4,
  /** Remotes that are asked something at one time. */
  remotesAtOnce: 4,
  /** Size of a native adapter's file, and of a module's text. */
  nativeBytes: 512 * MIB,
  moduleBytes: MIB,
  /** Resident memory of the child that runs a confined adapter. */
  confinedRssBytes: 512 * MIB,
  errorMessageChars: 4_000,
} as const;

/** Confinement. */
export const SANDBOX = {
  /** In granted folders, looked at for links before an adapter starts. */
  grantedEntries: 200_000,
} as const;

/** Logging in, and the identity tokens of a CI. */
export const LOGIN = {
  /** Pauses between questions whether the login is done: the first, and the longest that they grow to. */
  pollMs: 1_000,
  pollMostMs: 5_000,
  whoamiMs: 30_000,
  /** A process that ended well before the remote knew of the login. */
  graceMs: 5_000,
  /** A code that should be good for longer is not waited for any longer. */
  mostMs: 60 * 60_000,
  /** What an adapter may give of each: longer ones are no help to anybody. */
  userCodeChars: 64,
  tokenBytes: 64 * KIB,
  /** The CI's answer to a request for a token. */
  tokenMs: 20_000,
  tokenRetries: 3,
} as const;

/** Transfers. There is no total time-out: an honest slow transfer may go on. */
export const TRANSFER = {
  /** Of a name; more are not tried. */
  addresses: 8,
  /** An address that does not answer in this time gets company. */
  nextAddressMs: 250,
  /** The head of an HTTP answer, or what frames a part of its body. */
  headBytes: 64 * KIB,
  idleMs: 30_000,
  redirects: 10,
  blockBytes: MIB,
  /** A download that was cut is kept for a later run from this size on. */
  keepBytes: MIB,
  /** A kept one that is older is removed. */
  keepMs: 7 * 24 * 3_600_000,
  /** Of a file's version, as the server names it. */
  etagChars: 1024,
  /** New addresses for one download, each after the one before expired. */
  addressesAnew: 10,
  uploadBlockBytes: 256 * KIB,
  errorBodyBytes: 4 * KIB,
  /** Tries after the first without progress; `--retries`. */
  retries: 5,
  /** Whatever progress they make. */
  attemptsInAll: 100,
  /** The longest pause before the first retry; it doubles up to the next bound. */
  retryMs: 500,
  retryMostMs: 30_000,
  /** A server that asks for a longer pause is not waited for. */
  retryAfterMs: 2 * 60_000,
  /** All pauses of one transfer, or of one command of an adapter. */
  waitInAllMs: 10 * 60_000,
} as const;

/** Uploads in parts, where the adapter offers them. */
export const UPLOAD = {
  /** Of one part, when the adapter's bounds allow it. */
  partBytes: 16 * MIB,
  parts: 1_000,
  partsAtOnce: 4,
  /** Asked for at one time: they are signed for a while only. */
  addressesAtOnce: 16,
  /** How often an address that expired is asked for anew, for one upload or part. */
  renewals: 3,
  /** How often push.finalize is sent again to an adapter that crashed or gave no answer. */
  finalizesLost: 1,
  etagChars: 1_024,
  /** What is kept of an upload that was interrupted. */
  stateBytes: 4 * MIB,
  stateMs: 7 * 24 * 60 * 60_000,
} as const;

/** Pushes of several packs, or to several remotes. */
export const PUSH = { atOnce: 4 } as const;

/** Releases that a remote lists. */
export const LISTING = {
  pageSize: 100,
  /** Also of pages without releases. */
  pages: 200,
  releases: 10_000,
  /** Of an id, a version, a label, a reference. */
  textChars: 500,
  labels: 50,
  notesChars: 4_000,
  tokenChars: 4_096,
  /** Shown when nothing is said. */
  shown: 30,
} as const;

/** Releases that adapters are installed from. */
export const RELEASE = {
  attempts: 4,
  /** A JSON answer of the API. */
  answerBytes: 16 * MIB,
  answerDepth: 32,
  /** Of JSON, at all depths: a page of releases with many assets has some ten thousands. */
  answerValues: 500_000,
  pageSize: 100,
  pages: 10,
  redirects: 5,
  /** A tag may be of a tag, and so on. */
  tagHops: 5,
  /** Of one file in a mirror's archive: no adapter is longer. */
  mirrorFileBytes: 512 * MIB,
  /** A kept answer, with what is said about it. */
  cachedBytes: 34 * MIB,
  /** Of an asset: who built it. */
  bundleBytes: MIB,
  mirrorIndexBytes: 10 * MIB,
  /** Of a mirror: whom to trust about bundles. */
  trustedRootBytes: MIB,
} as const;

/** Receipts: of one its size and nesting, and how many are looked at. */
export const RECEIPT = { bytes: MIB, depth: 32, files: 20_000 } as const;

/** Jobs: commands that outlive the terminal. */
export const JOB = {
  recordBytes: MIB,
  recordDepth: 64,
  /** What a job writes for people beyond this is dropped. */
  logBytes: MIB,
  /** A line that is followed and has no end. */
  lineChars: 64 * KIB,
  /** From the start of the process to its word that it runs. */
  startMs: 60_000,
  /** From SIGTERM to SIGKILL: longer than a command takes to unwind. */
  graceMs: 10_000,
  /** After SIGKILL. */
  killedMs: 10_000,
  /** How long a lock is tried where it cannot be asked for (before Deno 2.7). */
  lockMs: 1_000,
  /** Between two looks at a log that is followed. */
  followMs: 200,
  /** Jobs that are looked at, and ended ones that are kept when a new one starts. */
  listed: 10_000,
  kept: 100,
  /** Ended ones that `jobs prune` leaves, without another age. */
  keptMs: 24 * 60 * 60_000,
  /** Lines of the log that `jobs show` shows. */
  shownLines: 10,
} as const;

/** Adapters from releases. */
export const INSTALL = { bundleBytes: MIB, atOnce: 4 } as const;

/** A list of checksums, as sha256sum writes it. */
export const CHECKSUMS = { bytes: MIB } as const;

/** Sigstore bundles (those of a pack are bounded as attestations) and trusted roots. */
export const TRUST = { bundleBytes: 4 * MIB, rootBytes: MIB, keyBytes: 64 * 1024, tokenBytes: 64 * 1024 } as const;

/** Run results beside a pack. */
export const RUNS = {
  files: 1_000,
  resultBytes: 10 * MIB,
  depth: 16,
  /** Characters that are kept of what an adapter says of one output. */
  outputWords: 500,
} as const;
