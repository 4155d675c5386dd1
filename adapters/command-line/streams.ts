import { EXIT, type Command } from "./command.ts";
import { openExisting } from "./database.ts";
import { field, json, record } from "./text.ts";

export const streamsCommand: Command = {
  name: "streams",
  takes: "<database> [options]",
  summary: "Lists the streams and the number of events in each.",
  explanation: "Prints one stream per line, in the order of their first events: name, version.",
  options: {
    prefix: { type: "string", short: "p", value: "TEXT", help: "only streams whose name starts with this" },
    json: { type: "boolean", help: 'one JSON object per line: {"name":…,"version":…}' },
  },
  least: 1,
  most: 1,
  async run({ args, values, output, signal }) {
    const store = await openExisting(args[0] as string);
    try {
      const { prefix } = values as { prefix?: string };
      for await (const { name, version } of store.streams({ signal, ...(prefix !== undefined && { prefix }) })) {
        await output.write(values["json"] === true ? `${json({ name, version })}\n` : record(field(name), version));
      }
      await output.flush();
      return EXIT.ok;
    } finally {
      await store.close();
    }
  },
};
