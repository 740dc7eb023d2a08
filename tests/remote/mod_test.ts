import assert from "node:assert/strict";

/** The exported names of the specification's remote package; types cannot be seen at run time, and are compared in the source. */
const FUNCTIONS = [
  "CheckAdapterSecurity",
  "DiscoverAdapters",
  "FindAdapter",
  "GetAdapterDigestInfo",
  "LookupAdapterPath",
  "PrepareAdapterExecutor",
  "QueryCapabilities",
  "QueryCapabilitiesVerified",
  "NewExecutor",
  "NewVerifiedExecutor",
  "ResolveAdapterPath",
  "ResolveRemoteConfig",
  "DefaultVerificationOptions",
];
const METHODS = [
  "SupportsAuthLogin",
  "SupportsAuthMode",
  "SupportsPrepareFinalize",
  "SupportsProtocolVersion",
  "SupportsPull",
  "SupportsRunsSync",
  "SupportsWhoami",
];
const EXECUTOR = ["AuthLogin", "AuthWhoami", "Close", "Finalize", "Prepare", "PullFinalize", "PullPrepare", "SyncRuns"];
const TYPES =
  "ActionHint AdapterDigestInfo AdapterError AdapterExecutorOptions AdapterStatus AuthHints AuthLoginInstructions AuthLoginRequest AuthLoginResponse AuthWhoamiRequest AuthWhoamiResponse Capabilities CapabilityAuth CapabilityFeatures CapabilityLimits DiscoverOptions DiscoveredAdapter DownloadInfo ErrorInfo ErrorResponse Executor FinalizeRequest FinalizeResponse IdentityResult PackInfo PackMetadata PackRef PrepareRequest PrepareResponse PullFinalizeRequest PullFinalizeResponse PullPrepareRequest PullPrepareResponse ReleaseInfo ReleaseResult RunInfo RunSyncItem RunsSyncRequest RunsSyncResponse SourceInfo TargetConfig UploadInfo VerificationOptions"
    .split(" ");
const CONSTANTS = "DefaultAdapterRateLimit DefaultAdapterRateBurst DefaultTimeout ProtocolVersion".split(" ");
const PAIRS = "PushPrepare PushFinalize PullPrepare PullFinalize RunsSync AuthLogin AuthWhoami".split(" ");
const ERROR_CODES =
  "UnsupportedProtocol InvalidRequest AuthRequired Forbidden NotFound Conflict RateLimited ServerError NetworkError"
    .split(" ");

const camel = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);
const constant = (name: string) => name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();

Deno.test("lib/remote has every exported name of the specification", async () => {
  const room = await import("../../lib/remote/mod.ts");
  const source = await Deno.readTextFile(new URL("../../lib/remote/mod.ts", import.meta.url));
  const names = new Set(Object.keys(room));
  const expected = [
    ...[...FUNCTIONS, ...METHODS].map(camel),
    ...CONSTANTS.map(constant),
    ...PAIRS.flatMap((name) => [`Command${name}`, `Type${name}`, `Type${name}Result`]),
    ...ERROR_CODES.map((name) => `ErrCode${name}`),
    ...["Verified", "Unverified", "Managed", "NotFound"].map((name) => `Status${name}`),
    "CommandCapabilities",
    "TypeError",
  ];
  assert.deepEqual(expected.filter((name) => !names.has(name)), []);
  assert.deepEqual(TYPES.filter((name) => !new RegExp(`\\b${name}\\b`).test(source)), []);
  for (const method of EXECUTOR) {
    assert.equal(typeof Reflect.get(room.Executor.prototype, camel(method)), "function", method);
  }
});

Deno.test("AdapterError says whether a login is needed and whether a retry may help", async () => {
  const { AdapterError } = await import("../../lib/remote/mod.ts");
  const error = new AdapterError("x", { code: "auth_required", message: "sign in", retryable: true });
  assert.equal(error.message, 'adapter "x": auth_required: sign in');
  assert.equal(error.isAuthRequired, true);
  assert.equal(error.isRetryable, true);
});
