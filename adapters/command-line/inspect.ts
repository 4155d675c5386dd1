import { once } from "node:events";
import type { Adapter, EventStorage } from "../../src/adapter.ts";
import { EventStoreError, wrapVerbs } from "../../src/adapter.ts";
import type { Call, Command } from "./command.ts";
import { existing, shown } from "./database.ts";
import { createInspectServer } from "./inspect-server.ts";
import { createInspectStates } from "./inspect-states.ts";
import { portOf } from "./port.ts";
import { withoutPasswords } from "./postgres.ts";

export const inspectCommand: Command = {
  name: "inspect",
  takes: "<database> [options]",
  summary: "Shows a database in a browser: log, read models, consumers, snapshots.",
  explanation:
    "Serves a page at an address of this machine alone, with a random token in it, until the command is ended by Ctrl-C.\n" +
    "Whoever knows the address may read everything. Nothing can be changed, and a database of an older format is refused,\n" +
    "unless --write is given: then the database is upgraded, and the page can also import events.\n" +
    "States are shown of the projections that a module exports.",
  options: {
    port: { type: "string", short: "p", value: "<number>", help: "the port; default 0, any that is free" },
    projections: {
      type: "string",
      value: "<module>",
      help: "a JavaScript module that exports projections, to show states",
    },
    write: { type: "boolean", help: "lets the page import events" },
  },
  least: 1,
  most: 1,
  async run({ args, values, output, signal, say }: Call) {
    const path = args[0] as string;
    const port = portOf(values, "0");
    const writes = values["write"] === true;
    const opened = await (writes ? existing(path) : shown(path)).open();
    const storage = writes ? opened.storage : readOnly(opened.storage);
    const adapter: Adapter = { name: "inspect", open: async () => ({ ...opened, storage }) };
    let close = (): void => undefined;
    try {
      const states = await createInspectStates(storage, values["projections"] as string | undefined);
      const server = createInspectServer(adapter, { title: withoutPasswords(path), writes, states });
      close = server.close;
      const url = await server.listen(port, signal);
      await output.write(`${withoutPasswords(path)} is shown at ${url}\n`);
      await output.write(writes ? "the page may import events\n" : "the page cannot change anything\n");
      await output.flush();
      server.onError((error) => say(error.message));
      if (!signal.aborted) await once(signal, "abort");
      throw signal.reason;
    } finally {
      close();
      await opened.storage.close();
    }
  },
};

/** The storage without anything that changes it, whatever a client asks for. */
function readOnly(storage: EventStorage): EventStorage {
  return wrapVerbs(storage, (verb, _name, access) => async (argument) => {
    // What is laid over a query is rolled back, but takes the write lock meanwhile.
    const { overlays } = Object(argument) as { readonly overlays?: unknown };
    if (access === "read" && overlays === undefined) return verb(argument);
    const message = "the database is only shown here: start rivulet inspect with --write to change it";
    throw new EventStoreError("storage-unavailable", message, { reason: "read-only" });
  });
}
