import { Client } from "pg";

/** A connection, which has to be ended. `host`: the folder of the socket. */
export async function connect(host: string): Promise<Client> {
  const client = new Client({ host, user: "rivulet", database: "postgres" });
  // Told of as well by whatever is asked of it: that is where it counts.
  client.on("error", () => undefined);
  await client.connect();
  return client;
}
