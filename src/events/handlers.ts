import { invalidArgument, mustBe } from "../errors.ts";
import { checkName, isObject } from "../validate.ts";

/** A definition's handlers by event type, without undefined ones. `argument` names them in errors. @throws `invalid-argument`. */
export function toHandlers<Handler>(on: object, argument: string): Map<string, Handler> {
  const handlers = new Map<string, Handler>();
  if (!isObject(on)) throw mustBe(argument, "an object with a function for each event type");
  for (const [type, handler] of Object.entries(on) as [string, unknown][]) {
    const at = `${argument}.${type}`;
    checkName(type, at);
    if (handler === undefined) continue;
    if (typeof handler !== "function") throw invalidArgument(at, `${at} must be a function`);
    handlers.set(type, handler as Handler);
  }
  return handlers;
}
