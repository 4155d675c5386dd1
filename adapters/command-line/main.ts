#!/usr/bin/env node
import { runCommandLine } from "./run.ts";

process.exitCode = await runCommandLine(process.argv.slice(2));
// Something read from may still be open, such as a terminal.
process.exit();
