/** The keys of metadata that the conformance suite's filters ask for, so that its cases also run over an index of them. */
export const INDEXED_KEYS: readonly string[] = ["user", "other", "via", 'k"e\\y', "", "__proto__"];
