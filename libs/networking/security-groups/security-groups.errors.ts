import { ConflictError, InvalidInputError } from '#libs/common/errors';

/** The default group of a project stays (Neutron: SecurityGroupCannotRemoveDefault). */
export class DefaultSecurityGroupError extends ConflictError {
  constructor() {
    super('Insufficient rights for removing default security group.');
  }
}

/** The default group keeps its name (Neutron: SecurityGroupCannotUpdateDefault). */
export class DefaultGroupNameError extends ConflictError {
  constructor() {
    super('Updating default security group not allowed.');
  }
}

/** A project has one group that is called default (Neutron: SecurityGroupDefaultAlreadyExists). */
export class DefaultGroupExistsError extends ConflictError {
  constructor() {
    super('Default security group already exists.');
  }
}

/** Ports are in the group (Neutron: SecurityGroupInUse). */
export class SecurityGroupInUseError extends ConflictError {
  constructor(id: string) {
    super(`Security Group ${id} in use.`);
  }
}

/** The group has such a rule (Neutron: SecurityGroupRuleExists). */
export class RuleExistsError extends ConflictError {
  constructor(readonly ruleId: string) {
    super(`Security group rule already exists. Rule id is ${ruleId}.`);
  }
}

/** Ways in which the fields of a rule do not fit each other; faces name them as their API does. */
export type RuleProblem =
  | 'protocol'
  | 'protocol-missing'
  | 'protocol-without-ports'
  | 'ether-type-of-protocol'
  | 'ether-type-of-prefix'
  | 'port-range'
  | 'port-value'
  | 'icmp-value'
  | 'icmp-type-missing'
  | 'two-remotes';

/** A rule that makes no sense. */
export class SenselessRuleError extends InvalidInputError {
  constructor(
    readonly problem: RuleProblem,
    field: string,
    expected: string,
  ) {
    super(field, expected);
  }
}

/** Groups filter nothing on a port without port security (Neutron: PortSecurityAndIPRequiredForSecurityGroups). */
export class PortSecurityRequiredError extends InvalidInputError {
  constructor() {
    super('security_groups', 'none on a port without port security');
  }
}

/** Port security stays while the port is in groups (Neutron: PortSecurityPortHasSecurityGroup). */
export class PortHasGroupsError extends ConflictError {
  constructor() {
    super('Port has security group associated. Cannot disable port security until the security groups are removed.');
  }
}

/** Address pairs allow nothing on a port without port security (Neutron: AddressPairAndPortSecurityRequired). */
export class PairsWithoutPortSecurityError extends ConflictError {
  constructor() {
    super('Port Security must be enabled in order to have allowed address pairs on a port.');
  }
}

/** Several groups of the project have the name (Nova: NoUniqueMatch). */
export class GroupNameAmbiguousError extends ConflictError {
  constructor(name: string) {
    super(`Multiple security groups found matching '${name}'. Use an ID to be more specific.`);
  }
}
