import { claim } from '../step.js';
import type { DemoStep } from '../step.js';

export const audit: DemoStep = {
  name: 'audit',
  title: 'Compare Postgres, agents and allocations',
  needs: [],
  async run(demo) {
    const differences = await demo.fleet.audit();
    claim(differences.length === 0, differences.join('; '));
    return 'no difference';
  },
};
