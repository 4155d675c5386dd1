import { parseArgs, type ParseArgsConfig } from "node:util";

interface Option {
  readonly type: "string";
  readonly default?: string;
  /** What it is, for the help. */
  readonly about: string;
}

type Values<Options> = {
  readonly [Name in keyof Options]: Options[Name] extends { readonly default: string } ? string : string | undefined;
};

/** Reads the options of a program. Ends it with its help if that is asked for, and with a message if one is wrong. */
export function readOptions<const Options extends Readonly<Record<string, Option>>>(
  usage: string,
  options: Options,
): Values<Options> {
  try {
    const all: ParseArgsConfig["options"] = { ...options, help: { type: "boolean", short: "h" } };
    const { help, ...values } = parseArgs({ options: all }).values;
    if (help !== true) return values as Values<Options>;
    console.log(`Usage: ${usage}\n\n${Object.entries(options).map(describe).join("\n")}`);
    return process.exit(0);
  } catch (error) {
    console.error(`${(error as Error).message}\nUsage: ${usage}; --help lists the options.`);
    return process.exit(2);
  }
}

function describe([name, { about, default: usual }]: [string, Option]): string {
  return `  --${name.padEnd(10)}${about}${usual === undefined ? "" : ` (${usual})`}`;
}
