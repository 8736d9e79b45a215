import type { FindGuest } from '../network/port-links.js';
import type { Runtime } from '../runtime/runtime.js';
import type { InstanceRecords } from '../state/instance-record.js';

/** Finds the running instance that has a port, for changes at the inner end of its veth. */
export function guestsOf(records: InstanceRecords, runtime: Pick<Runtime, 'initPid' | 'name'>): FindGuest {
  return async (portId) => {
    if (runtime.name === 'simulated') return undefined;
    for (const id of records.ids()) {
      const { nics } = records.get(id).spec;
      const index = nics.findIndex((nic) => nic.portId === portId);
      if (index < 0) continue;
      const initPid = await runtime.initPid(id);
      return initPid ? { initPid, name: nics[index].name || `eth${index}` } : undefined;
    }
    return undefined;
  };
}
