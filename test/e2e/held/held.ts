import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Server } from '#apps/cli/client/compute';
import { inside } from '../fleet/inside.js';
import type { TestFleet } from '../fleet/test-fleet.js';

const parts = ['common', 'channels', 'memory', 'files', 'tasks', 'main'];
/** tsc does not copy the scripts, so they are read from the repository. */
const folder = new URL('../../../../test/e2e/held/', import.meta.url);
const program = parts.map((part) => readFileSync(fileURLToPath(new URL(`${part}.pl`, folder)), 'utf8')).join('\n');

/** What the processes of a server hold: every kind of object that CRIU must carry, each checked from inside. */
export class Held {
  private constructor(
    private readonly fleet: TestFleet,
    private readonly server: Server,
  ) {}

  /** Makes every kind, in one process with about 20 children and `crowd` small ones. */
  static async by(fleet: TestFleet, server: Server, crowd: number): Promise<Held> {
    const held = new Held(fleet, server);
    await held.perl('hold', String(crowd));
    return held;
  }

  /** Asks each kind whether it is whole, and reports it as a test of its own. */
  async verify(context: TestContext, when: string): Promise<void> {
    const answers = [...(await this.perl('ask')).matchAll(/^(.*?): (.*)$/gm)];
    assert.ok(answers.length > 20, 'every kind answers');
    for (const [, kind, answer] of answers) await context.test(`${when}: ${kind}`, () => assert.equal(answer, 'ok'));
  }

  private perl(...args: string[]): Promise<string> {
    return inside(this.fleet, this.server, 'perl', '-e', program, '--', ...args);
  }
}
