import { Injectable } from '@nestjs/common';
import type { Caller } from '#libs/common/caller';
import { NotFoundError, QuotaExceededError } from '#libs/common/errors';
import { allows, ownOf, requireAllowed } from '#libs/policy/policy';
import { DefaultSecurityGroupError } from '../networking.errors.js';
import { defaultSecurityGroup } from './default-security-group.js';
import type { SecurityGroup, SecurityGroupRule } from './default-security-group.js';

/**
 * Each project's default group, to be read and named; there are no others and it has the rules it has. Everything here
 * throws PolicyDeniedError.
 */
@Injectable()
export class SecurityGroups {
  /** Of the project that is asked about where the caller may see it, else of the caller's own. */
  list(caller: Caller, projectId?: string): SecurityGroup[] {
    requireAllowed(caller, 'get_security_group', ownOf(caller));
    return [groupOf(caller, projectId)];
  }

  /** Throws NotFoundError also for another project's. */
  get(caller: Caller, id: string): SecurityGroup {
    requireAllowed(caller, 'get_security_group', ownOf(caller));
    return own(caller, id);
  }

  /** Throws QuotaExceededError: a project has the one. */
  create(caller: Caller): never {
    requireAllowed(caller, 'create_security_group', ownOf(caller));
    throw new QuotaExceededError('security_group', 1, 1, 1);
  }

  /** Throws NotFoundError, DefaultSecurityGroupError: it cannot be deleted. */
  delete(caller: Caller, id: string): never {
    requireAllowed(caller, 'delete_security_group', ownOf(caller));
    own(caller, id);
    throw new DefaultSecurityGroupError();
  }

  /** As `list`. */
  rules(caller: Caller, projectId?: string): SecurityGroupRule[] {
    requireAllowed(caller, 'get_security_group_rule', ownOf(caller));
    return groupOf(caller, projectId).rules;
  }

  /** Throws NotFoundError also for another project's. */
  rule(caller: Caller, id: string): SecurityGroupRule {
    requireAllowed(caller, 'get_security_group_rule', ownOf(caller));
    const rule = defaultSecurityGroup(caller.projectId).rules.find((one) => one.id === id);
    if (!rule) throw new NotFoundError('SecurityGroupRule', id);
    return rule;
  }

  /** Throws QuotaExceededError: the default group has the rules it has. */
  createRule(caller: Caller): never {
    requireAllowed(caller, 'create_security_group_rule', ownOf(caller));
    throw new QuotaExceededError('security_group_rule', 1, 4, 4);
  }
}

function groupOf(caller: Caller, asked: string | undefined): SecurityGroup {
  const allowed = asked !== undefined && allows(caller, 'get_security_group', { project_id: asked });
  return defaultSecurityGroup(allowed ? asked : caller.projectId);
}

function own({ projectId }: Caller, id: string): SecurityGroup {
  const group = defaultSecurityGroup(projectId);
  if (group.id !== id) throw new NotFoundError('SecurityGroup', id);
  return group;
}
