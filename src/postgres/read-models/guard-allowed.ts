/**
 * The functions that depend on more than their arguments and that a read model may use all the same: those of dates, times, formats
 * and JSON, which depend on settings of the session, and random ones. All functions of PostgreSQL that are IMMUTABLE may be used, too
 * (https://www.postgresql.org/docs/current/xfunc-volatility.html).
 */
export const FUNCTIONS: ReadonlySet<string> = new Set(
  `age array_to_json array_to_string clock_timestamp concat concat_ws convert_from convert_to date date_part date_trunc
  enum_first enum_last enum_range extract format gen_random_uuid generate_series json_agg json_build_array
  json_build_object json_object_agg json_populate_record json_populate_recordset json_to_record json_to_recordset jsonb_agg
  jsonb_build_array jsonb_build_object jsonb_object_agg jsonb_path_exists_tz jsonb_path_match_tz jsonb_path_query_array_tz
  jsonb_path_query_first_tz jsonb_path_query_tz jsonb_populate_record jsonb_populate_recordset jsonb_to_record
  jsonb_to_recordset jsonb_to_tsvector json_to_tsvector make_timestamptz now overlaps phraseto_tsquery plainto_tsquery
  quote_literal quote_nullable random row_to_json statement_timestamp time timeofday timestamp timestamptz timetz timezone
  to_char to_date to_json to_jsonb to_number to_timestamp to_tsquery to_tsvector transaction_timestamp ts_headline
  websearch_to_tsquery`.split(/\s+/),
);

/** The last of the keywords for dates and times among SQL's functions without parentheses; those after it name users and schemas. */
export const LAST_TIME_KEYWORD = 8;
