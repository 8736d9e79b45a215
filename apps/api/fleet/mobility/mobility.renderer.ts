import type { ShownMobility } from '#libs/mobility/eligibility/mobility-report';

/** Whether an instance can be moved. Targets are there for who may see them. */
export function renderMobility(instanceId: string, report: ShownMobility): object {
  const { live, cold, init, memoryBytes, targets } = report;
  return { instance_id: instanceId, live, cold, init, memory_bytes: memoryBytes, ...(targets && { targets }) };
}
