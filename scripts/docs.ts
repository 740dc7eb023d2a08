/** Writes the documentation that is made from code: `docs/permissions.md`. */
import { permissionsPage } from "./permissions_page.ts";

await Deno.mkdir(new URL("../docs/", import.meta.url), { recursive: true });
await Deno.writeTextFile(new URL("../docs/permissions.md", import.meta.url), permissionsPage());
