/**
 * Builds the site of the documentation beside the page of the counters.
 *
 *     npm run site     # into .build/page/docs, which `npm start` serves at /docs/
 *     node .build/demo/site/build.js --out some/folder
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildSite } from "./build-site.ts";

const { values } = parseArgs({ options: { out: { type: "string", default: ".build/page/docs" } } });

await buildSite({ root: process.cwd(), out: resolve(values.out) });
console.log(`the site is in ${values.out}`);
