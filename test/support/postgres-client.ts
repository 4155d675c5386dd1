import { Client } from "pg";

/** Opens a connection, which the caller has to end. `host`: the folder of the socket. */
export async function connect(host: string): Promise<Client> {
  const client = new Client({ host, user: "rivulet", database: "postgres" });
  // The pending queries report the same error, which is where it counts.
  client.on("error", () => undefined);
  await client.connect();
  return client;
}
