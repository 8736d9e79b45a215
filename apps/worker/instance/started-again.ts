import type { InstanceRequest } from '#generated/lxstack/agent/v1/agent';
import { AgentFailedError, AgentRefusedError } from '#libs/fleet/agents/agent-errors';
import { createLogger } from '#libs/common/logger';
import type { HostAgent } from '../host/host-calls.js';

const log = createLogger('worker');

/**
 * Starts what ran before something was taken back. False where its host tried and failed, or refuses: more tries bring
 * the same, and it must be said to be stopped. Throws where the host does not answer.
 */
export async function startedAgain(
  agent: HostAgent,
  request: Pick<InstanceRequest, 'call' | 'instanceId'>,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    await agent.call('startInstance', request, signal);
    return true;
  } catch (error) {
    if (!(error instanceof AgentFailedError || error instanceof AgentRefusedError)) throw error;
    log.warn({ instance: request.instanceId, host: agent.host.name, reason: error.message }, 'not started again');
    return false;
  }
}
