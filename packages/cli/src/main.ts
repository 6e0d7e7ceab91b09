#!/usr/bin/env node
import { leave, processIo } from "./process-io.js";
import { run } from "./run.js";

leave(await run(process.argv.slice(2), processIo));
