import { parseArgs, type ParseArgsConfig } from "node:util";

interface Option {
  readonly type: "string" | "boolean";
  /** Default: `undefined` for a string, and `false` for what is true or false. */
  readonly default?: string;
  /** What it is, for the help. */
  readonly about: string;
}

type Values<Options> = {
  readonly [Name in keyof Options]: Options[Name] extends { readonly type: "boolean" }
    ? boolean
    : Options[Name] extends { readonly default: string }
      ? string
      : string | undefined;
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
    const all: ParseArgsConfig["options"] = { ...options, help: { type: "boolean", short: "h" } };
    const switches = Object.entries(options).filter(([, { type }]) => type === "boolean");
    const { help, ...values } = parseArgs({ options: all }).values;
    if (help !== true)
      return { ...Object.fromEntries(switches.map(([name]) => [name, false])), ...values } as Values<Options>;
    const lines = Object.entries(options).map(describe);
    console.log([`Usage: ${usage}`, lines.join("\n"), ...(more === undefined ? [] : [more])].join("\n\n"));
    return process.exit(0);
  } catch (error) {
    console.error(`${(error as Error).message}\nUsage: ${usage}; --help lists the options.`);
    return process.exit(2);
  }
}

function describe([name, { about, default: usual }]: [string, Option]): string {
  return `  --${name.padEnd(10)}${about}${usual === undefined ? "" : ` (${usual})`}`;
}
