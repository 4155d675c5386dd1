#!/usr/bin/env node
/** `npm create rivulet <folder> -- --template <name>`: copies a template into a new folder. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** Each with what it is, and the commands that follow. */
const TEMPLATES = {
  vanilla: ["a page without a framework, built by Vite", "npm run dev"],
  react: ["a page with React, built by Vite", "npm run dev"],
  node: ["a service in Node 24, over HTTP", "npm start"],
  sync: ["a list that browsers share through a hub in Node 24", "npm run build && npm start"],
};

const USAGE = `Usage: npm create rivulet <folder> -- --template <name>

Templates:
${Object.entries(TEMPLATES)
  .map(([name, [what]]) => `  ${name.padEnd(10)}${what}`)
  .join("\n")}`;

/** Ends with a message. */
function refuse(message) {
  console.error(message);
  process.exit(2);
}

function readArguments() {
  try {
    return parseArgs({ allowPositionals: true, options: { template: { type: "string" }, help: { type: "boolean" } } });
  } catch (error) {
    return refuse(`${error.message}\n\n${USAGE}`);
  }
}

const { values, positionals } = readArguments();
const [target, ...others] = positionals;
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
if (target === undefined || others.length > 0) refuse(USAGE);
const name = values.template ?? "vanilla";
if (!Object.hasOwn(TEMPLATES, name)) refuse(`There is no template "${name}".\n\n${USAGE}`);
const folder = resolve(target);
if (existsSync(folder) && readdirSync(folder).length > 0) refuse(`${folder} is not empty: name a new folder.`);

mkdirSync(folder, { recursive: true });
cpSync(fileURLToPath(new URL(name, import.meta.url)), folder, { recursive: true });
// npm leaves files of this name out of packages.
writeFileSync(join(folder, ".gitignore"), "node_modules\ndist\n*.db*\n");
const file = join(folder, "package.json");
const own = basename(folder)
  .toLowerCase()
  .replaceAll(/[^a-z0-9._-]+/g, "-")
  .replace(/^[._-]+/, "");
const settings = { ...JSON.parse(readFileSync(file, "utf8")), name: own || "app" };
writeFileSync(file, `${JSON.stringify(settings, undefined, 2)}\n`);

const [, run] = TEMPLATES[name];
// Called within the repository, where this file has another place: the package of its sources is installed.
const repository = fileURLToPath(new URL("../../", import.meta.url));
const isPublished = fileURLToPath(import.meta.url) !== join(repository, "demo/templates/create.js");
const packed = [join(repository, ".."), repository].map((at) => join(at, "rivulet-0.1.0.tgz")).find(existsSync);
const packedAt = packed === undefined ? "<path of rivulet-0.1.0.tgz, which npm pack makes>" : relative(folder, packed);
const install = isPublished ? "npm install" : `npm install ${packedAt}`;
console.log(`Made ${folder}. What comes next there:\n`);
for (const line of [`cd ${relative(process.cwd(), folder) || "."}`, install, run]) console.log(`  ${line}`);

// Such as "^24.15 || >=25.8.1".
const ranges = settings.engines?.node.split(" || ");
if (ranges !== undefined && !ranges.some(includesThisNode)) {
  const least = ranges.map((range) => range.replace(/\D*/, "")).join(", or ");
  console.error(
    `\nThe template "${name}" needs Node ${least} or newer, which runs TypeScript and has SQLite. This is Node ${process.version.slice(1)}.`,
  );
}

function includesThisNode(range) {
  const least = numbersOf(range);
  const running = numbersOf(process.version);
  if (range.startsWith("^") && running[0] !== least[0]) return false;
  const other = least.findIndex((number, index) => number !== running[index]);
  return other === -1 || running[other] > least[other];
}

function numbersOf(version) {
  return version.match(/\d+/g).map(Number);
}
