import type {
  DeleteNetworkRequest,
  DeleteNetworkResponse,
  DeletePortRequest,
  DeletePortResponse,
  EnsureNetworkRequest,
  EnsureNetworkResponse,
  EnsurePortRequest,
  EnsurePortResponse,
  SetForwardingRequest,
  SetForwardingResponse,
} from '#generated/lxstack/agent/v1/agent';
import { InvalidInputError } from '#libs/common/errors';
import type { Network } from './network.js';

/** The part of the agent's service that is about networks. */
export function networkHandlers({ network }: { network: Network }) {
  return {
    async ensureNetwork(request: EnsureNetworkRequest): Promise<EnsureNetworkResponse> {
      await network.ensureNetwork(given('network', request.network), request.entries);
      return {};
    },
    async deleteNetwork(request: DeleteNetworkRequest): Promise<DeleteNetworkResponse> {
      await network.deleteNetwork(request.networkId);
      return {};
    },
    async setForwarding(request: SetForwardingRequest): Promise<SetForwardingResponse> {
      const { networkId, entries, removedMacs, complete } = request;
      return { present: await network.setForwarding(networkId, entries, removedMacs, complete) };
    },
    async ensurePort(request: EnsurePortRequest): Promise<EnsurePortResponse> {
      await network.ensurePort(given('network', request.network), given('nic', request.nic), request.entries);
      return {};
    },
    async deletePort(request: DeletePortRequest): Promise<DeletePortResponse> {
      await network.deletePort(request.portId);
      return {};
    },
  };
}

function given<T>(field: string, value: T | undefined): T {
  if (value === undefined) throw new InvalidInputError(field, 'a value');
  return value;
}
