import { ConflictError } from '#libs/common/errors';

/** A network has no free address left (Neutron: IpAddressGenerationFailure). */
export class NoFreeAddressError extends ConflictError {
  constructor(readonly networkId: string) {
    super(`No more IP addresses available on network ${networkId}.`);
  }
}

/** Another port has the address (Neutron: IpAddressInUse). */
export class AddressInUseError extends ConflictError {
  constructor(
    readonly networkId: string,
    readonly address: string,
  ) {
    super(`Unable to complete operation for network ${networkId}. The IP address ${address} is in use.`);
  }
}

/** Another port of the network has the MAC (Neutron: MacAddressInUse). */
export class MacInUseError extends ConflictError {
  constructor(networkId: string, mac: string) {
    super(`Unable to complete operation for network ${networkId}. The mac address ${mac} is in use.`);
  }
}

/** The port is an instance's (Neutron: PortInUse). */
export class PortInUseError extends ConflictError {
  constructor(
    readonly portId: string,
    deviceId: string,
  ) {
    super(`Port ${portId} is still in use by ${deviceId}.`);
  }
}

/** The network has ports (Neutron: NetworkInUse). */
export class NetworkInUseError extends ConflictError {
  constructor(networkId: string) {
    super(`Unable to complete operation on network ${networkId}. There are one or more ports still in use on it.`);
  }
}

/** Ports have addresses of the subnet (Neutron: SubnetInUse). */
export class SubnetInUseError extends ConflictError {
  constructor(subnetId: string) {
    super(`Unable to complete operation on subnet ${subnetId}: One or more ports have an IP allocation from it.`);
  }
}

/** The caller names no network and could use several (Nova: NetworkAmbiguous). */
export class NetworkAmbiguousError extends ConflictError {
  constructor() {
    super('Multiple possible networks found, use a Network ID to be more specific.');
  }
}
