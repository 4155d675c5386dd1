/** What-if copies of a store: `rivulet/time-travel`. To see the store as it was, use `store.at`. */
export { fork } from "./fork.ts";
