import { type AdapterKind, type Project, type Remote } from "../config/mod.ts";
import { assertProgram, checkNamespace, inspectAdapter } from "../sandbox/mod.ts";
import { BUILD_FACTS } from "../version.ts";
import { chooseAdapter, requireAllowed } from "./choose.ts";
import { plannedConfinement } from "./confinement.ts";
import { checkGrants, grantsOf } from "./grants.ts";
import type { VerificationOptions } from "./policy.ts";
import { requireFileRoot } from "./prepare.ts";
import type { Assurance } from "./session.ts";

/** How a remote's adapter would run. */
export interface ForeseenAdapter {
  /** Without `epack-remote-`. */
  name: string;
  kind: AdapterKind;
  /** Of its file; a built-in one has none. */
  path?: string;
  digest?: string;
  assurance: Assurance;
  confinement: string;
}

/**
 * What `prepareSession` would start, with every check that can be made without starting it. Nothing is copied, made or run; whether a
 * module is acceptable code, and what an adapter can do, is not known.
 *
 * @throws EpackError as `prepareSession`
 */
export async function foreseeAdapter(
  project: Project,
  remote: Remote,
  options: VerificationOptions & { signal?: AbortSignal },
): Promise<ForeseenAdapter> {
  requireAllowed(remote, options);
  const name = remote.adapterName;
  if (remote.kind === "built_in") {
    requireFileRoot(remote);
    const confinement = plannedConfinement(project, remote);
    return { name, kind: "built_in", digest: BUILD_FACTS?.adapters[name], assurance: "built_in", confinement };
  }
  const { signal } = options;
  const { path, pin, isModule, maxBytes } = await chooseAdapter(project, remote, {
    ...options,
    promptInstall: undefined,
  });
  const { fileDigest: digest, head, mode } = await inspectAdapter(path, { pin: pin?.digest, maxBytes, signal });
  if (!isModule) assertProgram(head, { name, mode });
  if (isModule || remote.permissions !== undefined) {
    const grants = grantsOf(project, remote);
    await checkGrants(remote, grants, { isModule, signal });
    if (!isModule) await checkNamespace({ name, grants });
  }
  return {
    name,
    kind: isModule ? "module" : "native",
    path,
    digest,
    assurance: pin === undefined ? "unpinned" : "pinned",
    confinement: plannedConfinement(project, remote, { path }),
  };
}
