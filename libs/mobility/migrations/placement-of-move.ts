import { settings } from '#libs/common/settings/settings';
import { canonicalArchitecture } from '#libs/common/architecture';
import { hostNeeds } from '#libs/compute/instances/spec/host-needs';
import type { Instance, InstanceFlavor } from '#libs/compute/instances/instance.entity';
import { resourcesOf } from '#libs/compute/instances/instance-resources';
import type { Host } from '#libs/fleet/hosts/host.entity';
import type { PlacementRequest } from '#libs/scheduling/placement/scheduler.service';
import { usableCpuFeatures } from './cpu-features.js';
import { sharesDisks, storageDriverOf } from './move-checks.js';

export interface PlacedMove {
  /** Of its operation: `instance.live-migrate` and its like. */
  kind: string;
  /** In whose name the target is claimed. */
  migrationId: string;
  requestedHostId: string | null;
  force: boolean;
  newFlavor: InstanceFlavor | null;
}

/** What the scheduler is asked for a move; `source`: where the instance is, null where that host is gone. */
export function placementOfMove(instance: Instance, source: Host | null, move: PlacedMove): PlacementRequest {
  const { kind, migrationId, requestedHostId, force, newFlavor } = move;
  const staying = kind === 'instance.resize' && settings('moves').resizeToSameHost;
  const live = kind === 'instance.live-migrate';
  return {
    consumerId: migrationId,
    instanceId: instance.id,
    resources: resourcesOf(instance, newFlavor),
    availabilityZone: instance.availabilityZone,
    hints: instance.schedulerHints,
    requestedHostId,
    force,
    excludedHostIds: staying || !source ? [] : [source.id],
    capabilities: [...(live ? ['restore'] : []), ...hostNeeds(instance, newFlavor ?? instance.flavor)],
    architecture: source ? architectureOfHost(source) : null,
    cpuFeatures: live && source ? usableCpuFeatures(source) : [],
    // An evacuation makes the root anew from the image where the disk is lost; every other move brings it along.
    storageDriver: source && (kind !== 'instance.evacuate' || sharesDisks(source)) ? storageDriverOf(source) : null,
  };
}

/** What it runs is made for; null where its agent has not said so. */
function architectureOfHost({ facts }: Pick<Host, 'facts'>): string | null {
  return typeof facts.architecture === 'string' && facts.architecture
    ? canonicalArchitecture(facts.architecture)
    : null;
}
