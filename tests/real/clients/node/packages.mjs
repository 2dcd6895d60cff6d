// The packages lie outside of this repository, where modules are not looked for by themselves.
import { createRequire } from "node:module";
import { join } from "node:path";

export const require = createRequire(join(process.env.CLIENT_PACKAGES, "package.json"));
