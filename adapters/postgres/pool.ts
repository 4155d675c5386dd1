/** The shape of a `Pool` of pg, for applications without its types. */
export interface PostgresPool {
  /** How many connections the pool has. */
  readonly totalCount: number;
  /** How many of them are not in use. */
  readonly idleCount: number;
  connect(): Promise<unknown>;
  end(): Promise<void>;
}
