/** Returns the name of an extended result code of SQLite, such as "SQLITE_IOERR_WRITE" for 778. */
export function resultName(code: number): string {
  const found = CODES.find(([primary]) => primary === (code & 0xff));
  if (found === undefined) return `SQLITE_${code}`;
  const [, name, extensions = ""] = found;
  const extended = code >> 8;
  if (extended === 0) return `SQLITE_${name}`;
  const extension = extensions.split(" ")[extended - 1] ?? "-";
  // A code of a newer SQLite: its primary code still tells the kind of error.
  return extension === "-" || extension === "" ? `SQLITE_${name}` : `SQLITE_${name}_${extension}`;
}

/** Each primary code with its extensions, in numerical order (https://sqlite.org/rescode.html). */
const CODES: readonly (readonly [primary: number, name: string, extensions?: string])[] = [
  [0, "OK", "LOAD_PERMANENTLY"],
  [1, "ERROR", "MISSING_COLLSEQ RETRY SNAPSHOT"],
  [2, "INTERNAL"],
  [3, "PERM"],
  [4, "ABORT", "- ROLLBACK"],
  [5, "BUSY", "RECOVERY SNAPSHOT TIMEOUT"],
  [6, "LOCKED", "SHAREDCACHE VTAB"],
  [7, "NOMEM"],
  [8, "READONLY", "RECOVERY CANTLOCK ROLLBACK DBMOVED CANTINIT DIRECTORY"],
  [9, "INTERRUPT"],
  [
    10,
    "IOERR",
    "READ SHORT_READ WRITE FSYNC DIR_FSYNC TRUNCATE FSTAT UNLOCK RDLOCK DELETE BLOCKED NOMEM ACCESS CHECKRESERVEDLOCK LOCK CLOSE DIR_CLOSE SHMOPEN SHMSIZE SHMLOCK SHMMAP SEEK DELETE_NOENT MMAP GETTEMPPATH CONVPATH VNODE AUTH BEGIN_ATOMIC COMMIT_ATOMIC ROLLBACK_ATOMIC DATA CORRUPTFS",
  ],
  [11, "CORRUPT", "VTAB SEQUENCE INDEX"],
  [12, "NOTFOUND"],
  [13, "FULL"],
  [14, "CANTOPEN", "NOTEMPDIR ISDIR FULLPATH CONVPATH - SYMLINK"],
  [15, "PROTOCOL"],
  [16, "EMPTY"],
  [17, "SCHEMA"],
  [18, "TOOBIG"],
  [
    19,
    "CONSTRAINT",
    "CHECK COMMITHOOK FOREIGNKEY FUNCTION NOTNULL PRIMARYKEY TRIGGER UNIQUE VTAB ROWID PINNED DATATYPE",
  ],
  [20, "MISMATCH"],
  [21, "MISUSE"],
  [22, "NOLFS"],
  [23, "AUTH", "USER"],
  [24, "FORMAT"],
  [25, "RANGE"],
  [26, "NOTADB"],
  [27, "NOTICE", "RECOVER_WAL RECOVER_ROLLBACK"],
  [28, "WARNING", "AUTOINDEX"],
  [100, "ROW"],
  [101, "DONE"],
];
