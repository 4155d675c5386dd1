/**
 * Builds the site of the documentation beside the page of the counters.
 *
 *     npm run site     # into .build/page/docs, which `npm start` serves at /docs/
 *     node .build/demo/site/build.js --out some/folder
 *
 * If SITE_URL is the address at which the page of the counters will be served, the pages name their own addresses and a picture.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildSite } from "./build-site.ts";
import { readAddress } from "./preview.ts";

const { values } = parseArgs({ options: { out: { type: "string", default: ".build/page/docs" } } });

const address = readAddress(process.env["SITE_URL"]);
await buildSite({ root: process.cwd(), out: resolve(values.out), address });
console.log(`the site is in ${values.out}`);
