import { fileURLToPath } from "node:url";

/** The project's folder, with a slash at its end. It may have any name: spaces in addresses are escaped, in paths they are not. */
export const ROOT: string = fileURLToPath(new URL("../", import.meta.url));
