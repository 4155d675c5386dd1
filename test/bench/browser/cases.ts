import type { Row } from "../row.ts";
import { benchHandOver } from "./hand-over.ts";
import { benchInWorker } from "./in-worker.ts";
import { benchModel } from "./model.ts";
import { benchOpening } from "./opening.ts";
import { benchOwnTab } from "./own-tab.ts";
import { benchCrowd, benchFollower } from "./tabs.ts";

/** Cases that need only one page. */
export const SINGLE = {
  "in-worker": benchInWorker,
  "own-tab": benchOwnTab,
  opening: benchOpening,
  model: benchModel,
} as const satisfies Readonly<Record<string, () => Promise<Row[]>>>;

/** Cases that need other tabs, which the benchmark opens. */
export const SEVERAL = {
  follower: benchFollower,
  crowd: benchCrowd,
  "hand-over": benchHandOver,
} as const satisfies Readonly<Record<string, () => Promise<Row[]>>>;

export type CaseName = keyof typeof SINGLE | keyof typeof SEVERAL;
