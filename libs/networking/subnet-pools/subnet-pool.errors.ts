import { ConflictError, InvalidInputError, QuotaExceededError } from '#libs/common/errors';

/** The pool has no room for what is asked for (Neutron: SubnetAllocationError). */
export class SubnetAllocationError extends ConflictError {
  constructor(reason: string) {
    super(`Failed to allocate subnet: ${reason}.`);
  }
}

/** The project has taken of the pool what it may (Neutron: SubnetPoolQuotaExceeded). */
export class SubnetPoolQuotaError extends QuotaExceededError {}

/** Subnets have their prefixes from the pool (Neutron: SubnetPoolDeleteError, 400). */
export class SubnetPoolInUseError extends InvalidInputError {
  constructor() {
    super('subnetpool', 'a subnet pool without subnets');
    this.message = 'Unable to delete subnet pool: Subnet pool has existing allocations.';
  }
}

/** Subnets of a network and an IP version are from one pool (Neutron: NetworkSubnetPoolAffinityError, 400). */
export class PoolAffinityError extends InvalidInputError {
  constructor() {
    super('subnetpool_id', 'the pool of the other subnets of the network');
    this.message = 'Subnets hosted on the same network must be allocated from the same subnet pool.';
  }
}
