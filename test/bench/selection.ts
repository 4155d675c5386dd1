import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Cases, Part } from "./parts.ts";

/** What `--only` asks for. */
export interface Selection {
  /** The names of the parts to be measured. */
  readonly parts: readonly string[];
  /** What follows the slash. */
  readonly only?: string;
}

/** Stands for no part at all. */
const NONE = "none";

/** Reads `--only`. @throws an error that names what there is, if it asks for anything else. */
export function select(only: string | undefined, parts: Readonly<Record<string, Part>>): Selection {
  if (only === undefined) return { parts: Object.keys(parts) };
  if (only === NONE) return { parts: [] };
  const [, name = "", , wanted] = /^([^/]*)(\/(.*))?$/s.exec(only) ?? [];
  const part = Object.hasOwn(parts, name) ? parts[name] : undefined;
  if (part === undefined) throw new Error(`the benchmark has no part "${name}", but ${listed(Object.keys(parts))}`);
  if (wanted === undefined) return { parts: [name] };
  if (part.cases === undefined) throw new Error(`the part "${name}" is measured as a whole: --only ${name}`);
  if (!has(part.cases, wanted)) throw new Error(`the part "${name}" has no case "${wanted}", but ${shown(part.cases)}`);
  return { parts: [name], only: wanted };
}

/** Lists the parts with their cases, a line for each. */
export function describeParts(parts: Readonly<Record<string, Part>>): string {
  return Object.entries(parts)
    .map(([name, { cases }]) => (cases === undefined ? `  ${name}` : `  ${name.padEnd(12)}/ ${shown(cases)}`))
    .join("\n");
}

/** Reads an option that has to be a number. @throws an error otherwise. */
export function readNumber(name: string, text: string): number {
  if (!isNumber(text)) throw new Error(`${name} must be ${kindOf(1)}, and is "${text}"`);
  return Number(text);
}

/** Reads an option that has to be the folder `dist` of a build. @throws an error otherwise. */
export function readBuild(name: string, folder: string): string {
  if (!existsSync(join(folder, "src/index.js"))) throw new Error(`${name} must be the folder of a build: ${folder}`);
  return folder;
}

function has({ names = [], rows = [], number }: Cases, wanted: string): boolean {
  return (
    names.includes(wanted) ||
    (wanted !== "" && rows.some((row) => row.startsWith(wanted))) ||
    (number !== undefined && isNumber(wanted, number.step))
  );
}

function isNumber(text: string, step = 1): boolean {
  const number = Number(text);
  return /^\d+$/.test(text) && number > 0 && number % step === 0 && Number.isSafeInteger(number);
}

function kindOf(step: number): string {
  return step === 1 ? "a whole number from 1" : `a multiple of ${step}`;
}

function shown({ names = [], rows = [], number }: Cases): string {
  if (rows.length > 0) return ["the beginning of the name of a row:", ...rows].join("\n      ");
  return listed([...names, ...(number === undefined ? [] : [`${number.name}, ${kindOf(number.step)}`])]);
}

function listed(names: readonly string[]): string {
  return [names.slice(0, -1).join(", "), ...names.slice(-1)].filter((text) => text !== "").join(" or ");
}
