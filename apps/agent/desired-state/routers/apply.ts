import type { ApplyContext } from '../apply-context.js';
import { DesiredSpecs } from '../specs.js';

/** Makes the router on this host, or removes it where the document does not have it or it is down. */
export async function applyRouter({ document, network }: ApplyContext, routerId: string): Promise<void> {
  const spec = new DesiredSpecs(document).router(routerId);
  if (spec) await network.applyRouter(spec);
  else await network.removeRouter(routerId);
}

/** Removes routers that the document does not have: an agent that was away may have missed that they went. */
export async function removeOtherRouters({ document, network }: ApplyContext): Promise<void> {
  await network.removeOtherRouters(new Set(document.routers.keys()));
}
