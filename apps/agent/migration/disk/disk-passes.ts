/** What one pass over the disk sent. */
export interface DiskPass {
  paths: number;
  bytes: number;
}

const MOST_PASSES = 6;
/** When a pass sent no more than this, the pass inside the freeze will be short. */
const FEW_PATHS = 20;
const FEW_BYTES = 1 << 20;

/** Whether to stop sending passes while the instance runs: little is left, or the last pass sent no less than the one before. */
export function passesSuffice(passes: readonly DiskPass[]): boolean {
  const last = passes.at(-1);
  if (!last) return false;
  const little = last.paths < FEW_PATHS && last.bytes < FEW_BYTES;
  const before = passes.at(-2);
  const shrinks = !before || last.bytes < before.bytes || last.paths < before.paths;
  return little || !shrinks || passes.length >= MOST_PASSES;
}
