import type { Target } from '#libs/policy/check/check';

/**
 * What policy rules compare with the caller, for a network and for what lies on it: its project, the network's project,
 * and whether the network is shared (with all, or with the caller's project).
 */
export function networkTarget(
  network: { projectId: string; shared: boolean; sharedWithCaller?: boolean },
  { projectId }: { projectId: string } = network,
): Target {
  return {
    project_id: projectId,
    'network:project_id': network.projectId,
    shared: network.shared || network.sharedWithCaller === true,
  };
}
