import { messageOf } from '#libs/common/errors';
import type { FleetEvent } from '../client/events.js';
import { Demo } from './demo.js';
import type { LocalFleet } from './local-fleet.js';
import { renderResults, seconds } from './results.js';
import type { StepResult } from './results.js';
import type { DemoStep } from './step.js';
import { demoSteps } from './steps.js';

/** Runs every step that can run and prints each, then the table. Returns true where all succeeded. */
export async function runDemo(fleet: LocalFleet, print: (line: string) => void): Promise<boolean> {
  const demo = await Demo.on(fleet);
  const results: StepResult[] = [];
  let last: string | undefined;
  demo.events.listen((event) => {
    const line = renderEvent(event);
    if (line && line !== last) print(`      ${line}`);
    last = line;
  });
  try {
    for (const [index, step] of demoSteps.entries()) {
      print(`[${index + 1}/${demoSteps.length}] ${step.title}`);
      const result = await runStep(demo, step, results);
      results.push(result);
      print(`      ${result.state} in ${seconds(result.milliseconds)}: ${result.message}`);
    }
  } finally {
    demo.close();
  }
  print(renderResults(results));
  return results.every((result) => result.state === 'ok');
}

async function runStep(demo: Demo, step: DemoStep, before: StepResult[]): Promise<StepResult> {
  const from = performance.now();
  const done = (state: StepResult['state'], message: string): StepResult => ({
    name: step.name,
    title: step.title,
    state,
    message,
    milliseconds: performance.now() - from,
  });
  const missing = step.needs.filter((name) => before.find((result) => result.name === name)?.state !== 'ok');
  if (missing.length) return done('skipped', `needs ${missing.join(', ')}`);
  try {
    return done('ok', await step.run(demo));
  } catch (error) {
    return done('FAILED', messageOf(error));
  }
}

/** A line for an event that the reader should see, or undefined. */
function renderEvent({ type, resourceId, data }: FleetEvent): string | undefined {
  const text = (key: string) => (typeof data[key] === 'string' ? ` ${data[key]}` : '');
  const instance = resourceId.slice(0, 8);
  if (type === 'migration') return `migration of ${instance}${text('phase')}${text('status')}`;
  if (type !== 'operation' || data.resourceType !== 'instance') return undefined;
  return `${String(data.kind)} of ${instance}${text('state')}${text('step')}${text('error')}`;
}
