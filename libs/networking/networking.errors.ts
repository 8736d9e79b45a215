import { ConflictError } from '#libs/common/errors';

/** Neutron: IpAddressGenerationFailure. */
export class NoFreeAddressError extends ConflictError {
  constructor(readonly networkId: string) {
    super(`No more IP addresses available on network ${networkId}.`);
  }
}

/** Neutron: IpAddressInUse. */
export class AddressInUseError extends ConflictError {
  constructor(
    readonly networkId: string,
    readonly address: string,
  ) {
    super(`Unable to complete operation for network ${networkId}. The IP address ${address} is in use.`);
  }
}

/** Neutron: MacAddressInUse. */
export class MacInUseError extends ConflictError {
  constructor(networkId: string, mac: string) {
    super(`Unable to complete operation for network ${networkId}. The mac address ${mac} is in use.`);
  }
}

/** Neutron: PortInUse. */
export class PortInUseError extends ConflictError {
  constructor(
    readonly portId: string,
    deviceId: string,
  ) {
    super(`Port ${portId} is still in use by ${deviceId}.`);
  }
}

/** Neutron: NetworkInUse. */
export class NetworkInUseError extends ConflictError {
  constructor(networkId: string) {
    super(`Unable to complete operation on network ${networkId}. There are one or more ports still in use on it.`);
  }
}

/** Neutron: SubnetInUse. */
export class SubnetInUseError extends ConflictError {
  constructor(subnetId: string) {
    super(`Unable to complete operation on subnet ${subnetId}: One or more ports have an IP allocation from it.`);
  }
}

/** Nova: NetworkAmbiguous. */
export class NetworkAmbiguousError extends ConflictError {
  constructor() {
    super('Multiple possible networks found, use a Network ID to be more specific.');
  }
}

/** Neutron: SecurityGroupCannotRemoveDefault. */
export class DefaultSecurityGroupError extends ConflictError {
  constructor() {
    super('Insufficient rights for removing default security group.');
  }
}
