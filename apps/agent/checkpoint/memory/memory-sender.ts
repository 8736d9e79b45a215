import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breath } from 'node:timers/promises';
import { tasksBelow } from '../checks/tasks.js';
import type { DataChannel } from '../data-channel.js';
import { FrameFiller, PART } from '../frame-filler.js';
import { FrameType } from '../frames.js';
import type { Throttle } from '../throttle.js';
import { encodeMemoryPart } from './memory-frames.js';
import { parsePagemap } from './pagemap-image.js';
import type { PagemapImage } from './pagemap-image.js';
import { TaskCopy } from './task-copy.js';
import { PAGE, TaskMemory } from './task-memory.js';

/** Tasks whose pages are at the target: pid as the instance sees it, N of `pages-N.img`. */
export interface SentMemory {
  pid: number;
  pagesId: number;
}

const MOST_PASSES = 5;
const LITTLE = 8 << 20;
const BETWEEN_BREATHS = 4 << 20;

/** Whether another pass while it runs would leave no less for the freeze; `passes`: bytes that each has sent so far. */
export function memoryPassesSuffice(passes: readonly number[]): boolean {
  const [before, last] = passes.slice(-2);
  if (before === undefined || last === undefined) return false;
  return last < LITTLE || last > before * 0.7 || passes.length >= MOST_PASSES;
}

/** Memory of an instance sent while it runs, source end; in the freeze what differs from it, and what is no part of it. */
export class MemorySender {
  private looked = 0;
  bytes = 0;

  private constructor(
    private readonly tasks: readonly TaskCopy[],
    private readonly frames: FrameFiller,
  ) {}

  static async open(initPid: number, channel: DataChannel, throttle: Throttle): Promise<MemorySender> {
    const tasks = (await tasksBelow(initPid)).flatMap(({ pid }) => TaskMemory.open(pid) ?? []);
    return new MemorySender(
      tasks.map((task) => new TaskCopy(task)),
      new FrameFiller(FrameType.memory, channel, throttle),
    );
  }

  /** Sends what the target does not have; the bytes of it. */
  async pass(): Promise<number> {
    const before = this.bytes;
    for (const task of this.tasks)
      for (const { address, data } of task.changes()) await this.put(task.memory.innerPid, address, data);
    await this.frames.flush();
    return this.bytes - before;
  }

  /** After a pass in the freeze, and the dump: the dumped pages which that has not seen, read from its images. */
  async finish(images: string): Promise<SentMemory[]> {
    const sent: SentMemory[] = [];
    for (const task of this.tasks) {
      const pid = task.memory.innerPid;
      const pagemap = readPagemap(join(images, `pagemap-${pid}.img`));
      if (!pagemap?.entries.length) continue; // it has ended before the freeze, or has no memory
      await this.sendUnseen(task, pagemap, join(images, `pages-${pagemap.pagesId}.img`));
      sent.push({ pid, pagesId: pagemap.pagesId });
    }
    await this.frames.flush();
    return sent;
  }

  close(): void {
    for (const { memory } of this.tasks) memory.close();
  }

  private async sendUnseen(task: TaskCopy, { entries }: PagemapImage, pages: string): Promise<void> {
    const fd = openSync(pages, 'r');
    try {
      const page = Buffer.allocUnsafe(PAGE);
      let offset = 0;
      for (const { vaddr, pages } of entries)
        for (let address = vaddr; address < vaddr + pages * PAGE; address += PAGE, offset += PAGE) {
          if (task.has(address)) continue;
          if (readSync(fd, page, 0, PAGE, offset) !== PAGE) throw new Error('an image of pages is too short');
          await this.put(task.memory.innerPid, address, page);
        }
    } finally {
      closeSync(fd);
    }
  }

  private async put(pid: number, address: number, data: Buffer): Promise<void> {
    for (let at = 0; at < data.length; at += PART)
      await this.frames.put(encodeMemoryPart({ pid, address: address + at, data: data.subarray(at, at + PART) }));
    this.bytes += data.length;
    if ((this.looked += data.length || 1 << 20) < BETWEEN_BREATHS) return;
    this.looked = 0;
    await breath();
  }
}

function readPagemap(file: string): PagemapImage | undefined {
  try {
    return parsePagemap(readFileSync(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
