import { memory, openEventStore } from "rivulet";
import { describeConformance } from "../support/conformance.ts";
import { overChannel } from "../support/remote-adapter.ts";

describeConformance("memory, over a message channel that holds messages up", {
  open: (options) => openEventStore(overChannel(memory(), { delay: createDelays() }), options),
});

/** Zero to three turns of the event loop, in the same sequence in every run. */
function createDelays(): () => number {
  let state = 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state % 4;
  };
}
