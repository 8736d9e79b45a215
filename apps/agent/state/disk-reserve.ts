import { open, truncate } from 'node:fs/promises';
import { join } from 'node:path';

const PIECE_BYTES = 256 << 10;
const PIECES = 16;
const REFILL_MS = 30_000;

/**
 * Keeps space back on the agent's disk, so that what must be on record (which instance runs here, that a move is
 * committed) can be written on a full disk too. Otherwise an instance that has arrived would stay cut off until
 * somebody makes room.
 */
class DiskReserve {
  private kept = 0;
  private refilled = 0;

  constructor(private readonly file: string) {}

  /** Gives a piece of the space up; false where none is left. */
  async giveUp(): Promise<boolean> {
    if (this.kept === 0) return false;
    await truncate(this.file, --this.kept * PIECE_BYTES);
    return true;
  }

  /**
   * Takes space back where there is room; at most every half minute, so that a full disk is not asked at every write.
   */
  async refill(): Promise<void> {
    if (this.kept === PIECES || Date.now() < this.refilled + REFILL_MS) return;
    this.refilled = Date.now();
    const file = await open(this.file, 'a+', 0o600);
    try {
      this.kept = Math.floor((await file.stat()).size / PIECE_BYTES);
      await file.truncate(this.kept * PIECE_BYTES);
      // Writes the bytes, because a hole would keep no space back.
      for (; this.kept < PIECES; this.kept++) await file.write(Buffer.alloc(PIECE_BYTES));
      await file.datasync();
    } catch (error) {
      if (!isFull(error)) throw error;
    } finally {
      await file.close();
    }
  }
}

let reserve: DiskReserve | undefined;

/** Keeps space back in `directory` from now on, for the writes of this process. */
export async function openDiskReserve(directory: string): Promise<void> {
  reserve = new DiskReserve(join(directory, 'reserve'));
  await reserve.refill();
}

/**
 * Runs `write`, and again with a piece of the reserve for each time that the disk is full. `write` must be repeatable.
 */
export async function onReserve<T>(write: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      const result = await write();
      await reserve?.refill();
      return result;
    } catch (error) {
      if (!isFull(error) || !(await reserve?.giveUp())) throw error;
    }
  }
}

const isFull = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '');
