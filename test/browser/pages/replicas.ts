/** One tab of an application whose store follows the accounts of a hub. */
import { isEventStoreError, openEventStore, type EventStore, type ReadModel } from "rivulet";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { sqliteWasm, type SqliteWasmVerbs } from "rivulet/sqlite-wasm";
import { follow, type LivePending, type Replica } from "rivulet/sync";
import { account, bank, type Account, type BankCommand, type BankEvent } from "../../support/sync/bank.ts";

/** What a tab shows of an account and of its replica. */
export interface Shown {
  readonly labels: readonly string[];
  /** How many commands in the state are not confirmed. */
  readonly unconfirmed: number;
  readonly connection: string;
  readonly error: string | undefined;
  readonly gone: readonly string[];
  /** How many of the hub's positions are ahead. */
  readonly lag: number | undefined;
  /** The labels of what is in the outbox. */
  readonly pending: readonly string[];
}

const STREAM = "account-1";

let store: EventStore & SqliteWasmVerbs;
let replica: Replica;
let live: LivePending<Account>;
let model: ReadModel | undefined;
/** What became of the commands of this tab, by their labels. */
const outcomes: Record<string, string> = {};
/** How many requests this tab has sent to the hub. */
let requests = 0;

const deposits = table("deposits", "label TEXT PRIMARY KEY");
const labelled = defineReadModel<BankEvent>({
  name: "labelled",
  schema: 1,
  tables: [deposits],
  on: { deposited: ({ data }) => sql`INSERT INTO ${deposits} VALUES (${data.label})` },
});

const replicas = {
  /** Opens the store, and follows the accounts of the hub. */
  async open(name: string, url: string, client: string): Promise<void> {
    await replicas.follow(name, url, client);
    await replicas.show();
  },
  /** The same without showing anything. */
  async follow(name: string, url: string, client: string): Promise<void> {
    store = await openEventStore(sqliteWasm({ name }));
    replica = await follow(store, {
      url,
      headers: () => ({ authorization: client }),
      streamPrefixes: ["account-"],
      deciders: { bank },
      fetch(address, init) {
        requests += 1;
        return fetch(address, init);
      },
    });
  },
  async show(): Promise<void> {
    live = replica.stream(STREAM).project(account);
    await live.loaded;
  },
  /** Resolves once the command is durable here. */
  async execute(command: BankCommand): Promise<void> {
    const { confirmed } = await replica.stream(STREAM).execute("bank", command, { key: command.label });
    confirmed.then(
      () => (outcomes[command.label] = "confirmed"),
      (error: unknown) => (outcomes[command.label] = isEventStoreError(error) ? error.code : String(error)),
    );
  },
  /** Executes deposits with these labels, one after the other. */
  async deposit(labels: readonly string[]): Promise<void> {
    for (const label of labels) await replicas.execute({ do: "deposit", amount: 1, label });
  },
  async shown(): Promise<Shown> {
    const { connection, error, gone, lag } = replica.status;
    const pending = await replica.pending();
    return {
      labels: live.state.labels,
      unconfirmed: live.pending,
      connection,
      error: codeOf(error),
      gone,
      lag,
      pending: pending.map(({ entry }) => (entry.kind === "command" ? entry.key : "")),
    };
  },
  connection: (): string => replica.status.connection,
  /** What the replica says of itself, without using any of its verbs. */
  status: () => ({ ...replica.status, error: codeOf(replica.status.error) }),
  hurry: () => replica.hurry(),
  /** The labels of deposits, by a query with what is pending; or the code of its error. */
  async labels(): Promise<readonly string[] | string | undefined> {
    model ??= await store.readModel(labelled);
    const asked = replica.query<{ label: string }>(model, sql`SELECT label FROM ${deposits} ORDER BY label`);
    return asked.then(({ rows }) => rows.map(({ label }) => label), codeOf);
  },
  /** The names of the files of code that were loaded on demand. */
  parts: (): string[] =>
    performance
      .getEntriesByType("resource")
      .flatMap(({ name }) => /\/(speaking|verbs|queries)-[^/]*\.js$/.exec(name)?.[1] ?? []),
  /** The labels of the events that are stored, and their positions at this store. */
  async stored(): Promise<readonly (readonly [label: string, version: number])[]> {
    const events = await store.stream<BankEvent>(STREAM).read().toArray();
    return events.map(({ data, version }) => [data.label, version]);
  },
  outcomes: () => outcomes,
  requests: () => requests,
  closeReplica: () => replica.close(),
  close: () => store.close(),
  async export(): Promise<readonly number[]> {
    return [...(await store.exportDatabase())];
  },
  import: (bytes: readonly number[]) => store.importDatabase(new Uint8Array(bytes)),
  destroy: () => store.destroy(),
};

declare global {
  interface Window {
    readonly replicas: typeof replicas;
    /** Set by a test whose page must not go on by a timer. */
    timersStopped?: boolean;
  }
}

Object.assign(globalThis, { replicas });

function codeOf(error: unknown): string | undefined {
  return isEventStoreError(error) ? error.code : undefined;
}

/** A browser that is not driven from outside: its address says what to do, and it posts what it shows. */
async function runAlone(given: URLSearchParams): Promise<void> {
  const client = given.get("client") ?? "";
  await replicas.open(client, given.get("hub") ?? "", client);
  const tell = async (): Promise<void> => {
    await fetch(`/${client}`, { method: "POST", body: JSON.stringify(await replicas.shown()) });
  };
  replica.subscribe(() => void tell());
  await replicas.deposit((given.get("deposits") ?? "").split(",").filter((label) => label !== ""));
  await tell();
}

const given = new URLSearchParams(location.search);
if (given.has("client")) void runAlone(given);
