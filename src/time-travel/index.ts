/** What-if questions: the door for `fork`. What was true at a time, `store.at` tells. */
export { fork } from "./fork.ts";
