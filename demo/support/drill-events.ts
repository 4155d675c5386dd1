import type { Event } from "rivulet";
import type { Reported } from "./reports.ts";

/** The events of the stream "drill". */
export type DrillEvent = Reported | Event<"ended", undefined>;
