import type { Instance } from '#libs/compute/instances/instance.entity';
import { blocksCold, blocksLiveItself } from './eligibility-rules.js';
import type { MobilityReport, Verdict } from './mobility-report.js';

const OTHER = 'Its host, or what runs in it, does not allow it. An administrator can see why.';

/**
 * The report with only the reasons that owners may read: the instance's own states. Reasons that speak of hosts are for
 * administrators (Nova: OSSA-2019-003).
 */
export function ownersView(
  instance: Pick<Instance, 'vmState' | 'taskState'>,
  report: MobilityReport,
): Omit<MobilityReport, 'targets'> {
  const { live, cold, init, memoryBytes } = report;
  const states = [...blocksLiveItself(instance), ...blocksCold(instance, { name: '' })];
  const open = ({ possible, reasons }: Verdict): Verdict => {
    const told = reasons.filter((reason) => states.includes(reason));
    return { possible, reasons: told.length < reasons.length ? [...told, OTHER] : told };
  };
  return { live: open(live), cold: open(cold), init, memoryBytes };
}
