import type { ErrorAnswer } from '#apps/api/http/error.filter';
import { ErrorFilter } from '#apps/api/http/error.filter';
import { QuotaExceededError } from '#libs/common/errors';
import { SenselessRuleError } from '#libs/networking/security-groups/security-groups.errors';
import type { RuleProblem } from '#libs/networking/security-groups/security-groups.errors';
import { RevisionMismatchError } from '#libs/networking/standard-attributes';

/** Names of Neutron's exceptions, where they differ from our classes. */
const types: Record<string, string> = {
  NoFreeAddressError: 'IpAddressGenerationFailure',
  AddressInUseError: 'IpAddressInUse',
  MacInUseError: 'MacAddressInUse',
  PortInUseError: 'PortInUse',
  NetworkInUseError: 'NetworkInUse',
  SubnetInUseError: 'SubnetInUse',
  InvalidInputError: 'InvalidInput',
  InputError: 'InvalidInput',
  ForbiddenError: 'PolicyNotAuthorized',
  PolicyDeniedError: 'PolicyNotAuthorized',
  UnauthenticatedError: 'HTTPUnauthorized',
  QuotaExceededError: 'OverQuota',
  DefaultSecurityGroupError: 'SecurityGroupCannotRemoveDefault',
  RouterInUseError: 'RouterInUse',
  NoInterfaceOnSubnetError: 'RouterInterfaceNotFoundForSubnet',
  NoSuchInterfaceError: 'RouterInterfaceNotFound',
  InterfaceInUseByRouteError: 'RouterInterfaceInUseByRoute',
  SubnetMismatchError: 'SubnetMismatchForPort',
  RevisionMismatchError: 'RevisionNumberConstraintFailed',
  RbacPolicyInUseError: 'RbacPolicyInUse',
  DuplicateRbacPolicyError: 'DuplicateRbacPolicy',
  SharedNetworkInUseError: 'InvalidSharedSetting',
  SubnetAllocationError: 'SubnetAllocationError',
  SubnetPoolQuotaError: 'SubnetPoolQuotaExceeded',
  SubnetPoolInUseError: 'SubnetPoolDeleteError',
  PoolAffinityError: 'NetworkSubnetPoolAffinityError',
  ServicePortError: 'ServicePortInUse',
  GatewayInUseError: 'GatewayIpInUse',
  DefaultGroupNameError: 'SecurityGroupCannotUpdateDefault',
  DefaultGroupExistsError: 'SecurityGroupDefaultAlreadyExists',
  SecurityGroupInUseError: 'SecurityGroupInUse',
  RuleExistsError: 'SecurityGroupRuleExists',
  PortSecurityRequiredError: 'PortSecurityAndIPRequiredForSecurityGroups',
  PortHasGroupsError: 'PortSecurityPortHasSecurityGroup',
  PairsWithoutPortSecurityError: 'AddressPairAndPortSecurityRequired',
  NotFoundException: 'HTTPNotFound',
  BadRequestException: 'HTTPBadRequest',
};

/** Neutron's exceptions for rules that make no sense. */
const ruleTypes: Record<RuleProblem, string> = {
  protocol: 'SecurityGroupRuleInvalidProtocol',
  'protocol-missing': 'SecurityGroupProtocolRequiredWithPorts',
  'protocol-without-ports': 'SecurityGroupInvalidProtocolForPort',
  'ether-type-of-protocol': 'SecurityGroupEthertypeConflictWithProtocol',
  'ether-type-of-prefix': 'SecurityGroupRuleParameterConflict',
  'port-range': 'SecurityGroupInvalidPortRange',
  'port-value': 'SecurityGroupInvalidPortValue',
  'icmp-value': 'SecurityGroupInvalidIcmpValue',
  'icmp-type-missing': 'SecurityGroupMissingIcmpType',
  'two-remotes': 'SecurityGroupMultipleRemoteEntites',
};

/** Neutron's error body: `{"NeutronError": {type, message, detail}}`. */
export class NetworkErrors extends ErrorFilter {
  protected override readonly fieldNames = { vni: 'provider:segmentation_id', host: 'binding:host_id' };

  /** Neutron answers OverQuota with 409. */
  protected override statusOf(error: unknown): number {
    if (error instanceof RevisionMismatchError) return 412;
    return error instanceof QuotaExceededError ? 409 : super.statusOf(error);
  }

  protected override render(status: number, message: string, error: unknown): ErrorAnswer {
    const name = error instanceof Error ? error.name : 'Error';
    const type =
      'resource' in Object(error) && status === 404 && !types[name]
        ? `${String((error as { resource: unknown }).resource)}NotFound`
        : error instanceof SenselessRuleError
          ? ruleTypes[error.problem]
          : types[name];
    return {
      status,
      body: { NeutronError: { type: type ?? (status >= 500 ? 'HTTPInternalServerError' : name), message, detail: '' } },
    };
  }
}
