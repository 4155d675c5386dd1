import { beforeEach } from "vitest";
import type { MatrixMark, MatrixName } from "./matrix.ts";

declare module "vitest" {
  interface TaskMeta {
    matrix?: MatrixMark;
  }
}

/** Counts the tests of this block in the table in docs/tested.md. */
export function countInMatrix(row: MatrixName, kind: MatrixMark["kind"]): void {
  beforeEach(({ task }) => {
    task.meta.matrix = { row, kind };
  });
}
