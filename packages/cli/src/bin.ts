#!/usr/bin/env node
import { runCli } from './run-cli.ts'
import { watchSignals } from './watch-signals.ts'

const onUnfinished = watchSignals(process)
const { stdin, stdout, stderr } = process
process.exitCode = await runCli(process.argv.slice(2), { stdin, stdout, stderr, cwd: process.cwd(), onUnfinished })
