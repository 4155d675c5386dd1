import { mustBe } from "../../errors.ts";
import type { FollowedItem } from "../../storage/protocol.ts";
import { checkName, checkPrefix } from "../../validate.ts";
import type { FollowedStreams } from "./status/status.ts";

/** Turns names and prefixes into items. @throws `invalid-argument`. */
export function toItems({ streams = [], streamPrefixes = [] }: FollowedStreams): readonly FollowedItem[] {
  if (!Array.isArray(streams)) throw mustBe("streams", "a list of names");
  if (!Array.isArray(streamPrefixes)) throw mustBe("streamPrefixes", "a list of texts");
  streams.forEach((name: string, index) => checkName(name, `streams[${index}]`));
  streamPrefixes.forEach((name: string, index) => checkPrefix(name, `streamPrefixes[${index}]`));
  return [
    ...streams.map((name: string) => ({ kind: "stream" as const, name })),
    ...streamPrefixes.map((name: string) => ({ kind: "prefix" as const, name })),
  ];
}
