import { mustBe } from "../../errors.ts";
import type { FollowedItem } from "../../storage/protocol.ts";
import { checkName, checkPrefix } from "../../validate.ts";
import type { FollowedStreams } from "./status/status.ts";

/** The options that name streams. */
export const FOLLOWED: readonly string[] = ["streams", "streamPrefixes"];

/** Turns names and prefixes into items. @throws `invalid-argument`. */
export function toItems({ streams = [], streamPrefixes = [] }: FollowedStreams): readonly FollowedItem[] {
  return [
    ...toItemsOf("stream", "streams", streams, checkName),
    ...toItemsOf("prefix", "streamPrefixes", streamPrefixes, checkPrefix),
  ];
}

function toItemsOf(
  kind: FollowedItem["kind"],
  option: string,
  names: readonly string[],
  check: typeof checkName,
): FollowedItem[] {
  if (!Array.isArray(names)) throw mustBe(option, "a list of strings");
  return names.map((name: string, index) => {
    check(name, `${option}[${index}]`);
    return { kind, name };
  });
}
