import { LOG_STYLES } from "./log-styles.ts";
import { PARTS_STYLES } from "./parts-styles.ts";
import { SHELL_STYLES } from "./shell-styles.ts";

/** The styles of the element. It takes nothing from its page, and gives nothing to it. */
export const STYLES: string = `${SHELL_STYLES}${PARTS_STYLES}${LOG_STYLES}`;
