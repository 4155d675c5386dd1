import type { Command } from "./command.ts";

/** The text of `rivulet --help`. */
export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const list = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join("\n");
  return `Looks into a rivulet database, checks it, moves events in and out, serves it to replicas, and shows it in a browser.

  rivulet <command> <database> [options]

${list}

rivulet <command> --help tells the options of one; rivulet --version, the version.
A database is a file that applications keep in Node, or postgres://user@host/database?schema=rivulet (npm install pg).
They may have it open meanwhile. Only import, copy and serve --create make one that is not there. Give a password as PGPASSWORD: other
users of a machine may see the arguments of a command.

Exit codes: 0 all is well; 1 something wrong was found in what was looked at; 2 the call is wrong; 3 a file cannot
be used; 130 or 143 ended by a signal.
`;
}

/** The text of `rivulet <command> --help`. */
export function helpFor({ name, takes, summary, explanation, options }: Command): string {
  const rows = Object.entries(options).map(([option, { short, value, help }]) => {
    const names = `${short === undefined ? "" : `-${short}, `}--${option}${value === undefined ? "" : ` ${value}`}`;
    return [names, help] as const;
  });
  const width = Math.max(0, ...rows.map(([names]) => names.length));
  const list = rows.map(([names, help]) => `  ${names.padEnd(width)}  ${help}\n`).join("");
  return `${summary}

  rivulet ${name} ${takes}

${explanation}

${list}`;
}
