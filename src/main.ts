#!/usr/bin/env node
/** Entry of the command line. */
import { ProcessHost } from './cli/host.js';
import { runProgram } from './cli/program.js';

const host = new ProcessHost();
host.exit(await runProgram(host));
