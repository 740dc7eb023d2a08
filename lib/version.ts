import project from "../deno.json" with { type: "json" };

/** The version of this program (`version` of deno.json). */
export const VERSION: string = project.version;
