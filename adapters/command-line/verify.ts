import { EventStoreError, messageOf, type DatabaseProblem, type StoredSnapshot } from "../../src/adapter.ts";
import { isEventStoreError } from "../../src/index.ts";
import { EXIT, type Command } from "./command.ts";
import { isPostgres, withoutPasswords } from "./postgres.ts";
import { loadProjections, replay } from "./replay.ts";
import { count, field, json, record } from "./text.ts";
import { openFile, openPostgres } from "./verified-database.ts";

export const verifyCommand: Command = {
  name: "verify",
  takes: "<database> [options]",
  summary: "Checks a database for damage, and changes nothing.",
  explanation:
    "It checks: the file itself (SQLite's integrity check), or the tables and functions on PostgreSQL; that positions, and\n" +
    "the versions of each stream, have no gaps; that times do not decrease; that every event can be read; that snapshots can\n" +
    "be read and are not ahead of their streams; that the checkpoints of read models and consumers are not ahead of the\n" +
    "events. With --projections, each snapshot is also compared with the state folded from the first event, which only the\n" +
    "projection's code can compute.\n" +
    "It cannot detect that the newest events were deleted together with everything that mentions them.\n" +
    "Prints one problem per line: its kind, where, what. Exit code 1: there are problems.",
  options: {
    projections: {
      type: "string",
      value: "MODULE",
      help: "a JavaScript module that exports projections: check their snapshots",
    },
    json: { type: "boolean", help: 'one JSON object per problem: {"kind":…,"where":…,"what":…}' },
  },
  least: 1,
  most: 1,
  // The integrity check is one statement.
  blocks: true,
  async run({ args, values, output, progress, signal, say }) {
    const path = args[0] as string;
    const { projections: module } = values as { projections?: string };
    const projections = module === undefined ? undefined : await loadProjections(module);
    const snapshots: StoredSnapshot[] = [];
    let problems = 0;
    // Problems are printed as they are found.
    const told: Promise<void>[] = [];
    const onProblem = ({ kind, where, what }: DatabaseProblem): void => {
      problems += 1;
      const line =
        values["json"] === true ? json({ kind, where, what }) : record(kind, field(where), field(what)).trim();
      told.push(output.write(`${line}\n`));
    };
    const onProgress = async ({ done, total }: { done: number; total: number }): Promise<void> => {
      await Promise.all(told.splice(0));
      signal.throwIfAborted();
      if (!output.isTerminal) progress.show(count(done, "event"), done, total);
      await new Promise(setImmediate);
    };
    const onSnapshot = (snapshot: StoredSnapshot): void => {
      if (projections !== undefined) snapshots.push(snapshot);
    };

    let summary: string;
    const database = isPostgres(path) ? await openPostgres(path) : await openFile(path);
    try {
      const found = await database.verify({ onProblem, onProgress, onSnapshot });
      const replayed =
        projections === undefined
          ? 0
          : await replay(await database.storage(), projections, snapshots, onProblem, signal);
      summary = [
        count(found.events, "event"),
        count(found.streams, "stream"),
        count(found.snapshots, "snapshot"),
        projections === undefined ? "not replayed" : `${replayed.toLocaleString("en")} of them replayed`,
        ...found.remarks,
      ].join(", ");
    } catch (error) {
      const damaged = isEventStoreError(error, "storage-corrupt") || database.isCorrupt(error);
      // The database does not say which one it was.
      if (!damaged && isEventStoreError(error))
        throw new EventStoreError(error.code, `${path}: ${error.message}`, error.details, error.cause);
      if (!damaged) throw error;
      onProblem({ kind: "file", where: withoutPasswords(path), what: messageOf(error) });
      summary = "the check could not be completed";
    } finally {
      await database.close();
    }
    await Promise.all(told);
    await output.flush();
    progress.clear();
    say(`${problems === 0 ? "nothing wrong" : count(problems, "problem")}: ${summary}`);
    return problems === 0 ? EXIT.ok : EXIT.problems;
  },
};
