import type { Event } from "rivulet";
import type { Reported } from "./reports.ts";

/** What stands in the stream "drill". */
export type DrillEvent = Reported | Event<"ended", undefined>;
