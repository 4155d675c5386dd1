/** The used part of Dexie, which is installed only with the benchmark's peers. */
declare module "dexie" {
  interface Table {
    bulkAdd(rows: readonly { readonly type: string; readonly data: string }[]): Promise<unknown>;
    toArray(): Promise<{ readonly data: string }[]>;
  }

  export default class Dexie {
    constructor(name: string);
    version(number: number): { stores(tables: Readonly<Record<string, string>>): void };
    table(name: string): Table;
  }
}
