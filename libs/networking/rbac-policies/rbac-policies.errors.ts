import { ConflictError } from '#libs/common/errors';

/** Others depend on what the policy shares (Neutron: RbacPolicyInUse). */
export class RbacPolicyInUseError extends ConflictError {
  constructor(objectId: string) {
    super(
      `RBAC policy on object ${objectId} cannot be removed because other objects depend on it.\n` +
        `Details: there are ports of the project that it is shared with.`,
    );
  }
}

/** Neutron: DuplicateRbacPolicy. */
export class DuplicateRbacPolicyError extends ConflictError {
  constructor() {
    super('An RBAC policy already exists with those values.');
  }
}

/** Other projects have ports on the network (Neutron: InvalidSharedSetting). */
export class SharedNetworkInUseError extends ConflictError {
  constructor(network: string) {
    super(`Unable to reconfigure sharing settings for network ${network}. Multiple tenants are using it.`);
  }
}
