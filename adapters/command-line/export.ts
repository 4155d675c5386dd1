import { ndjson } from "../../src/ndjson/index.ts";
import { EXIT, type Command } from "./command.ts";
import { openExisting } from "./database.ts";
import { FILTER_OPTIONS, selectionOf } from "./filter.ts";
import { count } from "./text.ts";

export const exportCommand: Command = {
  name: "export",
  takes: "<database> [options] > events.ndjson",
  summary: "Writes events as lines of JSON (NDJSON).",
  explanation:
    "It exports the events that are recorded when it starts. A filtered export has the same format. To continue where an\n" +
    "export ended, give --after with the position of its last line.",
  options: FILTER_OPTIONS,
  least: 1,
  most: 1,
  async run({ args, values, output, progress, signal }) {
    const selection = selectionOf(values);
    const store = await openExisting(args[0] as string);
    try {
      const onProgress = ({ done, total }: { done: number; total: number }): void => {
        if (!output.isTerminal)
          progress.show(`${done.toLocaleString("en")} of ${count(total, "position")}`, done, total);
      };
      for await (const text of store.exportEvents(ndjson, { ...selection, signal, onProgress }))
        await output.write(text);
      await output.flush();
      return EXIT.ok;
    } finally {
      await store.close();
    }
  },
};
