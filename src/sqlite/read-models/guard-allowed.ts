/**
 * The opcodes that a read model's statement may use (https://sqlite.org/opcode.html): those that compute, or work on cursors that the
 * program has opened. `guardStatement` also checks which b-trees and virtual tables the program opens. All other opcodes are refused:
 * those that change the schema or run triggers, and those that are newer than this list.
 */
export const OPCODES: ReadonlySet<string> = new Set(
  `Init Goto Gosub InitCoroutine Yield EndCoroutine BeginSubrtn Return Jump Once If IfNot IfNullRow IfNotOpen IfPos IfNotZero
  IfEmpty IfSizeBetween IfNoHope DecrJumpZero Halt HaltIfNull Noop Explain Trace Abortable CursorHint ReleaseReg Transaction
  Integer Int64 Real String String8 Blob Null SoftNull Variable Move Copy SCopy IntCopy Cast Affinity TypeCheck RealAffinity
  MustBeInt AddImm Add Subtract Multiply Divide Remainder Concat BitAnd BitOr BitNot ShiftLeft ShiftRight And Or Not IsTrue
  IsNull NotNull ZeroOrNull IsType Eq Ne Lt Le Gt Ge ElseEq Compare Permutation CollSeq ClrSubtype GetSubtype SetSubtype
  OffsetLimit Function PureFunc AggStep AggStep1 AggInverse AggValue AggFinal Filter FilterAdd
  OpenRead OpenWrite ReopenIdx OpenDup OpenAutoindex OpenEphemeral OpenPseudo SorterOpen VOpen Close Clear
  Rewind Last Next Prev SeekLT SeekLE SeekGE SeekGT SeekRowid SeekScan SeekHit SeekEnd DeferredSeek FinishSeek NoConflict
  NotFound Found NotExists IdxLE IdxGT IdxLT IdxGE IFindKey Sort SorterSort SorterNext SorterCompare SorterData SorterInsert
  ResetSorter Sequence SequenceTest ColumnsUsed Column MakeRecord ResultRow Count Rowid NewRowid RowData RowCell NullRow
  RowSetAdd RowSetRead RowSetTest Insert Delete IdxInsert IdxDelete IdxRowid VInitIn VFilter VColumn VNext TableLock CursorLock
  CursorUnlock FkCheck`.split(/\s+/),
);

/** The opcodes that call a function, which is their fourth operand, as "name(arguments)". */
export const CALLS: ReadonlySet<string> = new Set([
  "Function",
  "PureFunc",
  "AggStep",
  "AggStep1",
  "AggInverse",
  "AggValue",
  "AggFinal",
]);

/**
 * The functions that every build of SQLite has, and that depend on their arguments only, not on files or the connection
 * (https://sqlite.org/lang_corefunc.html and the pages that it lists).
 */
export const FUNCTIONS: ReadonlySet<string> = new Set(
  `abs acos acosh asin asinh atan atan2 atanh avg ceil ceiling char coalesce concat concat_ws cos cosh count cume_dist
  current_date current_time current_timestamp date datetime degrees dense_rank exp first_value floor format glob
  group_concat hex if ifnull iif instr json json_array json_array_insert json_array_length json_error_position json_extract
  json_group_array json_group_object json_insert json_object json_patch json_pretty json_quote json_remove json_replace
  json_set json_type json_valid jsonb jsonb_array jsonb_array_insert jsonb_extract jsonb_group_array jsonb_group_object
  jsonb_insert jsonb_object jsonb_patch jsonb_remove jsonb_replace jsonb_set julianday lag last_value lead length like
  likelihood likely ln log log10 log2 lower ltrim max median min mod nth_value ntile nullif octet_length percent_rank
  percentile percentile_cont percentile_disc pi pow power printf quote radians random randomblob rank replace round
  row_number rtrim sign sin sinh sqrt strftime string_agg substr substring subtype sum tan tanh time timediff total trim
  trunc typeof unhex unicode unistr unistr_quote unixepoch unlikely upper zeroblob -> ->>`.split(/\s+/),
);

/** The built-in virtual tables that depend on their arguments only (https://sqlite.org/json1.html#jeach). */
export const VIRTUAL_TABLES: readonly string[] = ["json_each", "json_tree"];
