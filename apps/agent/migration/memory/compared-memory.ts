import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { faultPoint } from '#libs/common/fault-point';
import { tasksBelow } from '../checks/tasks.js';
import type { MemoryFeed, SentMemory } from './memory-feed.js';
import type { PageFrames } from './page-frames.js';
import { parsePagemap, requireOwnPages } from './pagemap-image.js';
import type { PagemapImage } from './pagemap-image.js';
import { TaskCopy } from './task-copy.js';
import { PAGE, TaskMemory } from './task-memory.js';

/** Finds changed pages by comparing them with a copy of what was sent, also in the freeze. For kernels that track no writes. */
export class ComparedMemory implements MemoryFeed {
  readonly preDump = '';

  private constructor(
    private readonly tasks: readonly TaskCopy[],
    private readonly frames: PageFrames,
  ) {}

  static async open(initPid: number, frames: PageFrames): Promise<ComparedMemory> {
    const tasks = (await tasksBelow(initPid)).flatMap(({ pid }) => TaskMemory.open(pid) ?? []);
    return new ComparedMemory(
      tasks.map((task) => new TaskCopy(task)),
      frames,
    );
  }

  get bytes(): number {
    return this.frames.bytes;
  }

  async pass(): Promise<number> {
    const before = this.bytes;
    await this.putChanges();
    await faultPoint('source.memory');
    await this.frames.flush();
    return this.bytes - before;
  }

  async lastPass(): Promise<void> {
    await this.putChanges();
    await this.frames.flush();
  }

  /** Sends, from CRIU's images, the pages that no pass covers: code, private file mappings, tasks that began a new program. */
  async finish(images: string): Promise<SentMemory[]> {
    const sent: SentMemory[] = [];
    for (const task of this.tasks) {
      const pid = task.memory.innerPid;
      const pagemap = readPagemap(join(images, `pagemap-${pid}.img`));
      if (!pagemap?.entries.length) continue; // the task ended before the freeze, or has no memory
      await this.sendUnseen(task, pagemap, join(images, `pages-${pagemap.pagesId}.img`));
      sent.push({ pid, pagesId: pagemap.pagesId });
    }
    await this.frames.flush();
    return sent;
  }

  close(): void {
    for (const task of this.tasks) task.close();
  }

  private async putChanges(): Promise<void> {
    for (const task of this.tasks)
      for (const { address, data } of task.changes()) await this.frames.put(task.memory.innerPid, address, data);
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
          await this.frames.put(task.memory.innerPid, address, page);
        }
    } finally {
      closeSync(fd);
    }
  }
}

function readPagemap(file: string): PagemapImage | undefined {
  try {
    return requireOwnPages(parsePagemap(readFileSync(file)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
