import { EventStoreError } from "../../../src/adapter.ts";

/** What two builds of an application have to agree on, when a deployment lets them meet in two tabs. */
export interface Versions {
  /** Of what tabs say to each other. Raise it whenever an older build would misunderstand. */
  readonly protocol: number;
  /** Of the database: how many steps led to it. */
  readonly format: number;
}

export const OURS: Versions = { protocol: 4, format: 4 };

export function isNewer(one: Versions, other: Versions): boolean {
  return one.protocol > other.protocol || (one.protocol === other.protocol && one.format > other.format);
}

export function clientOutdated(): EventStoreError {
  return new EventStoreError(
    "client-outdated",
    "another tab runs a newer build of this application, and has taken the database over: reload this one",
    {},
  );
}
