import { copyStore, type CopyProgress } from "../../src/copy/index.ts";
import { EXIT, type Command } from "./command.ts";
import { existing, existingOrNew } from "./database.ts";
import { count, json, record } from "./text.ts";

export const copyCommand: Command = {
  name: "copy",
  takes: "<database> <new database> [options]",
  summary: "Copies a store, also between a file and PostgreSQL.",
  explanation:
    "Copies events with their ids, positions, versions and times, snapshots, the checkpoints and parked events of consumers, what\n" +
    "a hub keeps for its replicas, and the store's lineage, into an empty store. Run again, also after it was interrupted,\n" +
    "it continues with what was added since.\n" +
    "At the end it compares every event of the copy with the source. Read models are not copied: the application builds them\n" +
    "from the events. Nothing else may write to the copy until the application has switched to it.\n" +
    "Prints one figure per line: events (in the copy), copied (by this call), snapshots, consumers, parked, results.",
  options: {
    "skip-verify": { type: "boolean", help: "do not compare the events at the end" },
    json: { type: "boolean", help: "the result as one JSON object" },
  },
  least: 2,
  most: 2,
  async run({ args, values, output, progress, signal }) {
    const [from, to] = args as [string, string];
    const onProgress = ({ step, done, total }: CopyProgress): void => {
      progress.show(`${step}: ${done.toLocaleString("en")} of ${count(total, "event")}`, done, total);
    };
    const verify = values["skip-verify"] !== true;
    const result = await copyStore(existing(from), existingOrNew(to, "full"), { verify, onProgress, signal });
    progress.clear();
    if (values["json"] === true) await output.write(`${json(result)}\n`);
    else for (const [name, figure] of Object.entries(result)) await output.write(record(name, figure as number));
    await output.flush();
    return EXIT.ok;
  },
};
