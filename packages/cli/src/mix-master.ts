#!/usr/bin/env node
import { modeArguments } from "./mode-arguments.js";
import { leave, processIo } from "./process-io.js";
import { run } from "./run.js";

leave(await run(modeArguments(process.argv.slice(2)), processIo));
