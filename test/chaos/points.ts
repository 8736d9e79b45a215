import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from '#apps/cli/fleet/layout';
import type { MemoryMode } from '#libs/agent-protocol/memory-modes';
import { sleep } from '#libs/common/clock';
import type { FaultPoint } from '#libs/common/fault-point';

/** The memory mode with which a move reaches the step; undefined where every mode does. */
export const memoryModeAt = (step: FaultPoint): MemoryMode | undefined =>
  step === 'source.memory' ? 'pre-copy' : undefined;

/** A fault point of a process: holds a move there and lets it go. */
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

  /** Waits until the move reaches the point; returns false where it ends without. `move` settles with the move's end. */
  async reached(move: Promise<unknown>): Promise<boolean> {
    let over = false;
    const note = () => void (over = true);
    move.then(note, note);
    while (!over && !this.isReached) await sleep(10);
    return this.isReached;
  }

  /** Whether the move has come by the point since `hold` or `forget`. */
  get isReached(): boolean {
    return existsSync(this.file('reached'));
  }

  /** Forgets whether the point was reached before. */
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
