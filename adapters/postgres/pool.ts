/** The shape of a `Client` of pg, for applications without its types. */
export interface PostgresClient {
  query(statement: { readonly text: string; readonly values?: unknown[] }): Promise<unknown>;
  on(event: "error" | "end" | "notification", listener: (...told: never[]) => void): unknown;
  removeListener(event: "error", listener: (...told: never[]) => void): unknown;
}

/** The shape of a `Pool` of pg, for applications without its types. */
export interface PostgresPool {
  connect(): Promise<PostgresClient & { release(error?: Error | boolean): void }>;
}
