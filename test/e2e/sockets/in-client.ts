import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { TestFleet } from '../fleet/test-fleet.js';

/**
 * Runs a program of this folder in the client's network namespace; gives its lines, the end of its input, and its exit.
 */
export function inClient(fleet: TestFleet, program: 'kinds' | 'newcomers', ...words: string[]) {
  const path = new URL(`./${program}.js`, import.meta.url).pathname;
  const enter = `--net=/run/netns/${fleet.local.client.namespace}`;
  const child = spawn('nsenter', [enter, process.execPath, path, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    line: async () => String((await lines.next()).value),
    finish: () => child.stdin.end(),
    kill: () => child.kill(),
  };
}
