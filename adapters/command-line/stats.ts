import { statSync } from "node:fs";
import { EXIT, type Command } from "./command.ts";
import { openExisting } from "./database.ts";
import { isoTime } from "./events.ts";
import { isPostgres } from "./postgres.ts";
import { count, field, json, record } from "./text.ts";

export const statsCommand: Command = {
  name: "stats",
  takes: "<database> [options]",
  summary: "Counts what is in a database.",
  explanation:
    "Prints one figure per line, after its name: the format of the database, its size in bytes without the log, events,\n" +
    "streams, the times of the first and the newest event; then a line for each event type: the word type, the type's name,\n" +
    "the number of its events.",
  options: { json: { type: "boolean", help: "one JSON object" } },
  least: 1,
  most: 1,
  async run({ args, values, output, progress, signal }) {
    const path = args[0] as string;
    const store = await openExisting(path);
    try {
      const { formatVersion, size = 0 } = await store.info();
      const head = await store.head();
      const types = new Map<string, number>();
      let streams = 0;
      let first: number | undefined;
      let last: number | undefined;
      for await (const { position, version, type, timestamp } of store.read({ signal })) {
        types.set(type, (types.get(type) ?? 0) + 1);
        if (version === 1) streams += 1;
        first ??= timestamp;
        last = timestamp;
        progress.show(count(position, "event"), position, head);
      }
      progress.clear();
      const events = [...types.values()].reduce((sum, one) => sum + one, 0);
      const bytes = isPostgres(path) ? size : statSync(path).size;
      const figures = { format: formatVersion, bytes, events, streams };
      const times = first === undefined || last === undefined ? {} : { first: isoTime(first), newest: isoTime(last) };
      if (values["json"] === true) {
        await output.write(`${json({ ...figures, ...times, types: Object.fromEntries(types) })}\n`);
      } else {
        for (const [name, figure] of Object.entries({ ...figures, ...times })) await output.write(record(name, figure));
        const byCount = [...types].sort(([, a], [, b]) => b - a);
        for (const [type, number] of byCount) await output.write(record("type", field(type), number));
      }
      await output.flush();
      return EXIT.ok;
    } finally {
      await store.close();
    }
  },
};
