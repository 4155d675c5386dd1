import { memory, openEventStore } from "rivulet";
import { describeConformance } from "../support/conformance.ts";

describeConformance("memory", { open: (options) => openEventStore(memory(), options) });
