import { ConflictError, NotFoundError } from '#libs/common/errors';

/** A router with interfaces is not deleted (Neutron: RouterInUse). */
export class RouterInUseError extends ConflictError {
  constructor(routerId: string) {
    super(`Router ${routerId} still has ports`);
  }
}

/** The router has no interface on the subnet (Neutron: RouterInterfaceNotFoundForSubnet). */
export class NoInterfaceOnSubnetError extends NotFoundError {
  constructor(routerId: string, subnetId: string) {
    super('Router interface', `of router ${routerId} on subnet ${subnetId}`);
  }
}

/** The port is no interface of the router (Neutron: RouterInterfaceNotFound). */
export class NoSuchInterfaceError extends NotFoundError {
  constructor(routerId: string, portId: string) {
    super('Router interface', `${portId} of router ${routerId}`);
  }
}

/** A route's next hop lies on the interface's subnet (Neutron: RouterInterfaceInUseByRoute). */
export class InterfaceInUseByRouteError extends ConflictError {
  constructor(routerId: string, subnetId: string) {
    super(
      `Router interface for subnet ${subnetId} on router ${routerId} cannot be deleted, as it is required by one or more routes.`,
    );
  }
}

/** The port named is not on the subnet named (Neutron: SubnetMismatchForPort). */
export class SubnetMismatchError extends ConflictError {
  constructor(portId: string, subnetId: string) {
    super(`Subnet on port ${portId} does not match the requested subnet ${subnetId}.`);
  }
}

/** A router's port is deleted with its interface, not by itself (Neutron: ServicePortInUse). */
export class ServicePortError extends ConflictError {
  constructor(portId: string, owner: string) {
    super(`Port ${portId} cannot be deleted directly via the port API: has device owner ${owner}.`);
  }
}

/** A router's interface has the gateway's address (Neutron: GatewayIpInUse). */
export class GatewayInUseError extends ConflictError {
  constructor(address: string, portId: string) {
    super(`Current gateway ip ${address} already in use by port ${portId}. Unable to update.`);
  }
}
