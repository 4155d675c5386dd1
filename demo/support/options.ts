import { parseArgs, type ParseArgsConfig } from "node:util";

interface Option {
  /** "number": a whole number, 0 or more. */
  readonly type: "string" | "number" | "boolean";
  /** Default: `undefined`, and `false` for what is true or false. */
  readonly default?: string;
  /** The greatest number. */
  readonly most?: number;
  /** What it is, for the help. */
  readonly about: string;
}

type Values<Options> = {
  readonly [Name in keyof Options]: Options[Name] extends { readonly type: "boolean" }
    ? boolean
    :
        | (Options[Name] extends { readonly type: "number" } ? number : string)
        | (Options[Name] extends { readonly default: string } ? never : undefined);
};

/**
 * Reads the options of a program. Ends it with its help if that is asked for, and with a message if one is wrong. `more` is shown
 * below the options.
 */
export function readOptions<const Options extends Readonly<Record<string, Option>>>(
  usage: string,
  options: Options,
  more?: string,
): Values<Options> {
  try {
    const known = Object.entries<Option>(options);
    const strings = known.map(([name, { type, ...option }]) => [
      name,
      { ...option, type: type === "number" ? "string" : type },
    ]);
    const all = { ...Object.fromEntries(strings), help: { type: "boolean", short: "h" } } as ParseArgsConfig["options"];
    const { help, ...given }: Record<string, unknown> = parseArgs({ options: all }).values;
    if (help !== true) {
      return Object.fromEntries(
        known.map(([name, option]) => [name, toValue(name, option, given[name])]),
      ) as Values<Options>;
    }
    const lines = Object.entries(options).map(describe);
    console.log([`Usage: ${usage}`, lines.join("\n"), ...(more === undefined ? [] : [more])].join("\n\n"));
    return process.exit(0);
  } catch (error) {
    console.error(`${(error as Error).message}\nUsage: ${usage}; --help lists the options.`);
    return process.exit(2);
  }
}

function toValue(name: string, { type, most = 999_999_999 }: Option, given: unknown): unknown {
  if (type === "boolean") return given ?? false;
  if (type === "string" || given === undefined) return given;
  if (/^\d{1,9}$/.test(given as string) && Number(given) <= most) return Number(given);
  throw new Error(`Option '--${name}' takes a whole number of at most ${most}, not '${given as string}'`);
}

function describe([name, { about, default: usual }]: [string, Option]): string {
  return `  --${name.padEnd(10)}${about}${usual === undefined ? "" : ` (${usual})`}`;
}
