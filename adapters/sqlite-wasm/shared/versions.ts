import { EventStoreError } from "../../../src/adapter.ts";

/**
 * What two builds of an application must agree on to share a database, since a deployment may leave both open in
 * different tabs.
 */
export interface Versions {
  /** The version of the messages between tabs. Raise it whenever an older build would misunderstand a message. */
  readonly protocol: number;
  /** The database's format: its number of migrations. */
  readonly format: number;
}

export const OURS: Versions = { protocol: 6, format: 7 };

export function isNewer(one: Versions, other: Versions): boolean {
  return one.protocol > other.protocol || (one.protocol === other.protocol && one.format > other.format);
}

export function clientOutdated(): EventStoreError {
  return new EventStoreError(
    "client-outdated",
    "another tab runs a newer build of this application and has taken over the database: reload this page",
    {},
  );
}
