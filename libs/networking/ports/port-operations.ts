/** `operations.resource_type` of these; resource_id is the port's id. */
export const PORT = 'port';

/** `port.bind`: plug the port (of no instance) into the host's own namespace and tell its peers. */
export interface BindPortInput {
  hostId: string;
}

/** `port.unbind`: the port's row may be gone already, so everything stands here. */
export interface UnbindPortInput {
  hostId: string;
  networkId: string;
  macAddress: string;
}
