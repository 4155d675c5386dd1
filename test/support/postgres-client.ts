import pg from "pg";

/** A connection, which has to be ended. `host`: the folder of the socket. */
export async function connect(host: string): Promise<pg.Client> {
  const client = new pg.Client({ host, user: "rivulet", database: "postgres" });
  // Told of as well by whatever is asked of it: that is where it counts.
  client.on("error", () => undefined);
  await client.connect();
  return client;
}
