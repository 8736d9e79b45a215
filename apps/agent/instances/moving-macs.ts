import type { InstanceRecords } from '../state/instance-record.js';
import { isMoving } from './lifecycle.js';

/**
 * MACs of instances that arrive, leave, or have left and are not released: the move decides about their links and
 * entries.
 */
export function movingMacs(records: InstanceRecords, moving: ReadonlySet<string>): Set<string> {
  const macs = new Set<string>();
  for (const id of records.ids()) {
    const record = records.get(id);
    if (moving.has(id) || isMoving(record)) for (const { mac } of record.spec.nics) macs.add(mac);
  }
  return macs;
}
