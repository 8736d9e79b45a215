import { spawn } from 'node:child_process';
import type { Check } from './checks.js';
import type { Finding } from './check.js';

const timeoutMs = 30_000;

/** Makes every check on this machine, or inside the host to which `enter` (the words before a command) leads. */
export async function examine(checks: readonly Check[], enter: readonly string[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const check of checks) findings.push(await ask(check, enter));
  return findings;
}

async function ask({ script, ...check }: Check, enter: readonly string[]): Promise<Finding> {
  const [program, ...args] = [...enter, '/bin/sh', '-c', script];
  const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-10_000)));
  }
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  return { ...check, present: status === 0, seen: said.trim().split('\n').at(-1)!.trim() };
}
