/** `operations.resource_type` of the operations in this file; `resource_id` is the port's id. */
export const PORT = 'port';

/**
 * `port.bind`: plugs a port that is no instance's into the host's own namespace, and tells the network's other hosts.
 */
export interface BindPortInput {
  hostId: string;
}

/** `port.unbind`. The port's row may be deleted before it runs, so the input has all that it needs. */
export interface UnbindPortInput {
  hostId: string;
  networkId: string;
  macAddress: string;
}
