import type { Filter } from '../filter.js';

/** Its processor has what a running instance may use already. Nothing else can be promised, so forcing does not help. */
export const cpuFeatures: Filter = {
  name: 'cpu-features',
  always: true,
  reject: (fleet, host, { missingCpuFeatures }) => {
    const missing = missingCpuFeatures?.get(fleet.ids[host]);
    return missing ? `its processor lacks ${missing.join(', ')}` : null;
  },
};
