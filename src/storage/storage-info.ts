/** Where a store keeps its events, and how durably. */
export interface StorageInfo {
  /** The adapter's name. */
  readonly adapter: string;
  /** Where the events are: in a file, in memory, in the browser's origin private file system, in a Cloudflare Durable Object, or in PostgreSQL. */
  readonly backend: "file" | "memory" | "opfs" | "durable-object" | "postgres";
  /** The SQLite VFS, if it is not the default one: "opfs-sahpool". */
  readonly vfs?: string;
  /** Whether the events outlive the process. In a browser: whether the browser has promised not to evict them. */
  readonly persisted: boolean;
  /**
   * "full": an append resolves once it is flushed to disk. "normal": a power cut may lose the last appends. "output-gate": an append
   * resolves before it is on disk, but nothing that is sent afterwards leaves the Durable Object until it is. "none": in memory.
   */
  readonly durability: "full" | "normal" | "output-gate" | "none";
  /** Whether this tab or process has the database open itself, or talks to one that has. */
  readonly role: "leader" | "follower";
  /** The version of the database's format. */
  readonly formatVersion: number;
  /**
   * The UUID of this history. Every store gets one when it is made, also one made by `importDatabase`, `fork` or an import of events.
   * A copy of the file has the same lineage.
   */
  readonly lineage: string;
  /** How many bytes the site, or the disk, may use, if known. */
  readonly quota?: number;
  /** How many bytes the site, or the disk, uses, this database included, if known. */
  readonly usage?: number;
  /** The size of the database in bytes, without its log, if known. */
  readonly size?: number;
}
