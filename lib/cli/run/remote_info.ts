import { showText } from "../../codec/mod.ts";
import { openSession } from "../../workflow/mod.ts";
import type { CommandRun } from "../command_run.ts";
import type { RemoteFlags } from "../remote_flags.ts";
import { remoteRequest } from "./open_remote.ts";

export default async function (run: CommandRun, flags: RemoteFlags, name: string): Promise<void> {
  const request = await remoteRequest(run, flags, { name });
  const { remote } = request;
  run.steps.step("Asking the adapter");
  await using session = await openSession(request);
  const { capabilities } = session;
  const { prepareFinalize, directUpload, pull, runsSync, authLogin, whoami } = capabilities.features;
  const features = {
    prepare_finalize: prepareFinalize,
    direct_upload: directUpload,
    pull,
    runs_sync: runsSync,
    auth_login: authLogin,
    whoami,
  };
  const json = {
    name,
    adapter: capabilities.name,
    adapter_version: capabilities.version,
    kind: remote.kind,
    binary: remote.binary,
    source: remote.source,
    digest: session.adapterDigest,
    assurance: session.assurance,
    confinement: session.confinement,
    path: remote.inheritPath ? "inherit" : undefined,
    secrets: remote.secrets,
    target: remote.target,
    features,
    auth_modes: capabilities.auth.modes,
    limits: { max_pack_bytes: capabilities.limits.maxPackBytes, max_runs_per_sync: capabilities.limits.maxRunsPerSync },
  };
  const show = (text: string) => showText(text);
  run.result(json, [
    run.paint.bold(name),
    `  Adapter:     ${show(capabilities.name)}${
      capabilities.version === undefined ? "" : ` ${show(capabilities.version)}`
    } (${remote.kind.replace("_", " ")})`,
    capabilities.description === undefined ? undefined : `               ${show(capabilities.description)}`,
    remote.binary === undefined ? undefined : `  Binary:      ${remote.binary}`,
    session.adapterDigest === undefined ? undefined : `  Digest:      ${session.adapterDigest}`,
    `  Assurance:   ${session.assurance.replace("_", " ")}`,
    `  Runs as:     ${show(session.confinement)}`,
    remote.inheritPath ? "  Path:        the user's own" : undefined,
    remote.secrets.length === 0 ? undefined : `  Secrets:     ${remote.secrets.join(", ")}`,
    `  Can:         ${
      Object.entries(features).filter(([, can]) => can).map(([feature]) => feature).join(", ") || "nothing"
    }`,
  ]);
}
