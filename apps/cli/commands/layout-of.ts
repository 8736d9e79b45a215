import type { Command } from 'commander';
import { Layout } from '../fleet/layout.js';

/** The deployment that `--deployment` names. */
export function layoutOf(command: Command): Layout {
  const { deployment } = command.optsWithGlobals<{ deployment: string }>();
  return new Layout(deployment);
}

/** Writes one line to standard output. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
