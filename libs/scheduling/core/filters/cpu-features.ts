import type { Filter } from '../filter.js';

/**
 * The host's processor has what a running instance may use already. A forced host is judged too: the instance would
 * crash on another.
 */
export const cpuFeatures: Filter = {
  name: 'cpu-features',
  always: true,
  reject: (fleet, host, { missingCpuFeatures }) => {
    const missing = missingCpuFeatures?.get(fleet.ids[host]);
    return missing ? `its processor lacks ${missing.join(', ')}` : null;
  },
};
