import { PAGE } from './task-memory.js';
import type { AddressRange, TaskMemory } from './task-memory.js';

/** Pages are read and compared in pieces of this size, by its multiples. */
const PIECE = 1 << 20;
const PAGES = PIECE / PAGE;

interface Piece {
  data: Buffer;
  /** The last pass that has seen each page; 0: none. */
  seen: Uint8Array;
}

const scratch = Buffer.allocUnsafeSlow(PIECE);

/**
 * A copy of one task's memory as the target has it, to find what has changed since. Not checksums: one could take a changed
 * page for the same.
 */
export class TaskCopy {
  private readonly pieces = new Map<number, Piece>();
  private pass = 0;

  constructor(readonly memory: TaskMemory) {}

  /** Yields changed runs of pages and copies them. Yields empty runs in between, so that the caller can pause. */
  *changes(): Generator<{ address: number; data: Buffer }> {
    this.pass++;
    for (const range of this.memory.ranges())
      for (let start = range.start; start < range.end;) {
        const end = Math.min(range.end, (Math.floor(start / PIECE) + 1) * PIECE);
        for (const run of this.memory.present({ start, end })) yield* this.compare(run);
        start = end;
      }
  }

  /** Whether the last pass has seen it. */
  has(address: number): boolean {
    const piece = this.pieces.get(Math.floor(address / PIECE));
    return piece?.seen[(address % PIECE) / PAGE] === this.pass;
  }

  /** Frees the memory at once: the garbage collector might never get to it. */
  close(): void {
    this.memory.close();
    for (const { data } of this.pieces.values()) (data.buffer as ArrayBuffer).transfer(0);
    this.pieces.clear();
  }

  /** `run` lies within one piece. */
  private *compare(run: AddressRange): Generator<{ address: number; data: Buffer }> {
    const piece = this.pieceOf(run.start);
    const from = run.start % PIECE;
    const length = this.memory.read(scratch.subarray(from, from + run.end - run.start), run.start);
    const to = from + Math.floor(length / PAGE) * PAGE;
    const known = piece.seen.subarray(from / PAGE, to / PAGE);
    if (!known.includes(0) && same(piece, from, to)) {
      known.fill(this.pass);
      yield { address: run.start, data: scratch.subarray(0, 0) };
      return;
    }
    let changed: number | undefined;
    for (let at = from; at <= to; at += PAGE) {
      const equal = at === to || (piece.seen[at / PAGE] && same(piece, at, at + PAGE));
      if (!equal) changed ??= at;
      else if (changed !== undefined) {
        scratch.copy(piece.data, changed, changed, at);
        yield { address: run.start - from + changed, data: piece.data.subarray(changed, at) };
        changed = undefined;
      }
    }
    known.fill(this.pass);
  }

  private pieceOf(address: number): Piece {
    const index = Math.floor(address / PIECE);
    const piece = this.pieces.get(index) ?? { data: Buffer.allocUnsafeSlow(PIECE), seen: new Uint8Array(PAGES) };
    this.pieces.set(index, piece);
    return piece;
  }
}

const same = ({ data }: Piece, from: number, to: number): boolean => scratch.compare(data, from, to, from, to) === 0;
