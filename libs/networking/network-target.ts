import type { Target } from '#libs/policy/check/check';

/** What rules look at of a network, and of what lies on it: whose it is, whose the network is, whether all share that. */
export function networkTarget(
  network: { projectId: string; shared: boolean },
  { projectId }: { projectId: string } = network,
): Target {
  return { project_id: projectId, 'network:project_id': network.projectId, shared: network.shared };
}
