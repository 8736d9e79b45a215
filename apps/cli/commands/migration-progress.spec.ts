import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addProgress, renderProgress } from './migration-progress.js';

const mebi = 1024 ** 2;
const event = (diskBytesProcessed: number) => ({
  phase: 'MIGRATION_PHASE_DISK',
  diskBytesTotal: 8 * mebi,
  diskBytesProcessed,
});

describe('the progress of a move on one line', () => {
  it('tells share, phase, bytes, and the time left at the rate so far', () => {
    const progress = addProgress(addProgress(undefined, event(0), 1_000), event(2 * mebi), 3_000);
    assert.equal(
      renderProgress(progress, 3_000),
      '[#####...............]  25 % disk, disk 2.0 of 8.0 MiB, 2.0 s, 6 s left',
    );
  });

  it('never shows more than all, where a move carries more than was foreseen', () => {
    assert.match(renderProgress(addProgress(undefined, event(9 * mebi), 0), 0), /^\[#{20}\] 100 %/);
  });

  it('shows no remaining time before the first byte', () => {
    assert.match(renderProgress(addProgress(undefined, event(0), 0), 500), / 8.0 MiB, 0.5 s$/);
  });

  it('is no longer than the terminal is wide: a line that wraps could not be drawn over', () => {
    const line = renderProgress(addProgress(undefined, event(mebi), 0), 1_000, 40);
    assert.equal(line, '[###.................]  13 % disk, disk ');
  });
});
