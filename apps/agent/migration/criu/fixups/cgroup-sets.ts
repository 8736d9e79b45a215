import { HEADER, entriesOf, field, fieldsOf, putVarint } from '../image-fields.js';

/** CRIU: images/cgroup.proto, images/core.proto. */
const SETS = 1;
const SET = { id: 1, controller: 2 };
const CORE = { task: 3, thread: 5 };
const CG_SET = { [CORE.task]: 9, [CORE.thread]: 16 };

/**
 * Below a cgroup namespace CRIU 4.2 does not notice that two tasks are in the same cgroups: it gives each task and thread a set
 * of its own, and at the restore moves each by itself into every controller. Finds equal sets in `cgroup.img`: maps each id to
 * the first id with the same cgroups.
 */
export function sameSets(image: Buffer): Map<number, number> {
  const first = new Map<string, number>();
  const same = new Map<number, number>();
  for (const entry of image.length > HEADER ? entriesOf(image) : [])
    for (const set of fieldsOf(entry).filter(({ number }) => number === SETS)) {
      const fields = fieldsOf(entry.subarray(set.at, set.end));
      const id = fields.find(({ number }) => number === SET.id)?.value ?? 0;
      const cgroups = fields.filter(({ number }) => number === SET.controller);
      const key = cgroups.map(({ at, end }) => entry.toString('latin1', set.at + at, set.at + end)).join('\n');
      if (!first.has(key)) first.set(key, id);
      else same.set(id, first.get(key)!);
    }
  return same;
}

/** Changes a `core-*.img` in place: puts the task and its first thread into the shared set. */
export function shareSets(image: Buffer, same: ReadonlyMap<number, number>): void {
  for (const entry of entriesOf(image))
    for (const { number, at, end } of fieldsOf(entry)) {
      if (!(number in CG_SET)) continue;
      const message = entry.subarray(at, end);
      const set = field(message, CG_SET[number]!);
      if (set && same.has(set.value)) putVarint(message, set, same.get(set.value)!);
    }
}
