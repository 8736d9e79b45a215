import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { RULES } from './rules.js';
import type { KeptDays } from './rules.js';

/** Rows per statement. Each statement is a transaction of its own, so that locks are short. */
const BATCH = 500;
/** Statements per rule in one round; the next round goes on. */
const MOST_BATCHES = 40;

/** Removes what ended long ago. */
@Injectable()
export class Retention {
  constructor(private readonly database: DataSource) {}

  /** Runs one round and returns how many rows of each kind it removed. May run twice at the same time. */
  async run(days: KeptDays, batch = BATCH): Promise<Record<string, number>> {
    const removed: Record<string, number> = {};
    for (const { what, keep, remove } of RULES) {
      if (!days[keep]) continue;
      for (let n = 0; n < MOST_BATCHES; n++) {
        const [rows] = await this.database.query<[unknown[], number]>(remove, [days[keep], batch]);
        if (rows.length) removed[what] = (removed[what] ?? 0) + rows.length;
        if (rows.length < batch) break;
      }
    }
    return removed;
  }
}
