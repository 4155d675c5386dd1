import { mustBe } from "../../errors.ts";
import { checkInteger, checkOptions, checkVerb, verbOf } from "../../validate.ts";
import { checkFunctions, checkObject } from "../option-checks.ts";
import type { HubOptions } from "./create-hub.ts";
import type { HubDecider, HubLimits } from "./hub-options.ts";

/** The longest time of a timer, in milliseconds: one of a longer time would end at once. */
const LONGEST = 2 ** 31 - 1;

/** Checks the options of a hub, and those within them. @throws `invalid-argument`. */
export function checkHubOptions<Client>(options: HubOptions<Client>): void {
  checkOptions(options, OPTIONS);
  const { authenticate, origins, limits = {}, deciders = {} } = options;
  checkVerb(authenticate, "call", "authenticate", "a function");
  checkFunctions(options, "clientName", "mayFollow", "mayAppend", "mayExecute");
  checkObject(deciders, "deciders");
  for (const [name, given] of Object.entries(deciders))
    verbOf(deciderOf(given) as never, "execute" as never, `deciders.${name}`, "defineDecider");
  if (origins !== undefined && typeof origins !== "function" && !isListOfTexts(origins))
    throw mustBe("origins", "a list of origins, or a function");
  checkLimits(limits);
}

/** The decider of an option, which may have a schema beside it. */
function deciderOf(given: unknown): unknown {
  const { decider = given } = Object(given) as Partial<HubDecider>;
  return decider;
}

function checkLimits(limits: HubLimits): void {
  checkOptions(limits, [...COUNTS, ...TIMES, ...AMOUNTS], "limits");
  for (const name of COUNTS) if (limits[name] !== undefined) checkInteger(limits[name], `limits.${name}`, 1);
  for (const name of [...TIMES, ...AMOUNTS]) {
    const value: unknown = limits[name];
    const most = (TIMES as readonly string[]).includes(name) ? LONGEST : Infinity;
    if (value === undefined || (typeof value === "number" && value > 0 && value <= most)) continue;
    throw mustBe(
      `limits.${name}`,
      most === LONGEST ? `a number of milliseconds above 0, at most ${LONGEST}` : "a number above 0",
    );
  }
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

const OPTIONS = [
  ...["authenticate", "clientName", "mayFollow", "mayAppend", "mayExecute", "deciders"],
  ...["origins", "limits"],
];
const COUNTS = ["entries", "bytes", "pulls"] as const;
const TIMES = ["heartbeat", "ruleTime"] as const;
const AMOUNTS = ["horizon", "requests", "entriesPerSecond"] as const;
