import { NotFoundError } from '#libs/common/errors';
import { DesiredSpecs } from '../specs.js';
import type { ApplyContext } from '../apply-context.js';

/** Makes bridge and VXLAN device, and sets the network's MTU; the ports' links follow its admin_state_up. */
export async function applyNetwork({ document, network }: ApplyContext, networkId: string): Promise<void> {
  const spec = new DesiredSpecs(document).network(networkId);
  if (!spec) throw new NotFoundError('Network', networkId);
  await network.ensureNetwork(spec);
}
