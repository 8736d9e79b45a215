import type { CompareDesiredStateRequest, CompareDesiredStateResponse } from '#generated/lxstack/agent/v1/agent';
import { UUID, requireName } from '#libs/common/names';
import type { Drift } from './drift.js';

/** The part of the agent's service that compares the kernel with the desired state. */
export function desiredStateHandlers({ drift }: { drift: Pick<Drift, 'page'> }) {
  return {
    compareDesiredState(request: CompareDesiredStateRequest): Promise<CompareDesiredStateResponse> {
      const { pageSize, pageToken, repair } = request;
      if (pageToken) requireName('page_token', pageToken, UUID, 'the token of the page before');
      return drift.page(pageSize, pageToken, repair);
    },
  };
}
