import type { Project, Remote } from "../config/mod.ts";
import { describeConfinement } from "../sandbox/grants.ts";
import { grantsOf } from "./grants.ts";
import { isModule } from "./resolve.ts";

/**
 * How a remote's adapter will run, in one line for people: the same words as when it runs.
 *
 * @param options.path of the adapter's file, where it was found: what was installed for a source may be a module too
 */
export function plannedConfinement(project: Project, remote: Remote, options: { path?: string } = {}): string {
  const { kind, permissions, transport: { fileRoot } } = remote;
  if (kind === "built_in") {
    const folders = fileRoot === undefined ? [] : [fileRoot];
    return describeConfinement("confined", { net: [], read: folders, write: folders, sys: [] });
  }
  if (kind === "module" || isModule(options.path ?? "")) {
    return describeConfinement("confined", grantsOf(project, remote));
  }
  return permissions === undefined
    ? describeConfinement("native")
    : describeConfinement("namespaces", grantsOf(project, remote));
}
