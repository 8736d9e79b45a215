import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from '#apps/cli/fleet/layout';
import type { MemoryMode } from '#libs/agent-protocol/memory-modes';
import { sleep } from '#libs/common/clock';
import type { FaultPoint } from '#libs/common/fault-point';

/** How the memory of a move must go for it to come by the step; undefined where each does. */
export const memoryModeAt = (step: FaultPoint): MemoryMode | undefined =>
  step === 'source.memory' ? 'pre-copy' : undefined;

/** One fault point of one process: where a move is held, and let go. */
export class HeldPoint {
  private readonly directory: string;

  constructor(
    layout: Layout,
    readonly name: FaultPoint,
    ends: { source: string; target: string },
  ) {
    const [process] = name.split('.') as ['source' | 'target' | 'worker'];
    this.directory =
      process === 'worker' ? layout.path('fault-points') : join(layout.host(ends[process]).agentState, 'fault-points');
  }

  async hold(): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    await this.forget();
    await writeFile(this.file('hold'), '');
  }

  /** False where the move does not come by; looked at once at least. */
  async reached(timeoutMs: number): Promise<boolean> {
    for (const deadline = Date.now() + timeoutMs; ; await sleep(10)) {
      if (existsSync(this.file('reached'))) return true;
      if (Date.now() >= deadline) return false;
    }
  }

  /** Whether it was reached before is no longer known. */
  async forget(): Promise<void> {
    await rm(this.file('reached'), { force: true });
  }

  async release(): Promise<void> {
    await rm(this.file('hold'), { force: true });
  }

  private file(what: 'hold' | 'reached'): string {
    return join(this.directory, `${this.name}.${what}`);
  }
}
