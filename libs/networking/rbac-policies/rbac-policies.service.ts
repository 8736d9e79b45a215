import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { InvalidInputError, NotFoundError, QuotaExceededError } from '#libs/common/errors';
import { newId } from '#libs/common/ids';
import { UUID } from '#libs/common/names';
import { lockKey } from '#libs/database/advisory-locks';
import { permittedPage } from '#libs/database/paging';
import type { PageRequest } from '#libs/database/paging';
import { allows, requireAllowed } from '#libs/policy/policy';
import type { RuleName } from '#libs/policy/rule-tables';
import { visiblePage } from '../visible-page.js';
import { networkTarget } from '../network-target.js';
import { findNetwork } from '../networks/networks.service.js';
import { Network } from '../networks/network.entity.js';
import { DuplicateRbacPolicyError, RbacPolicyInUseError } from './rbac-policies.errors.js';
import { EVERYBODY, RbacPolicy } from './rbac-policy.entity.js';
import { isUsedThrough } from './shared-networks.js';

export interface NewRbacPolicy {
  objectType: string;
  objectId: string;
  action: string;
  targetProject: string;
  /** Administrators only; absent: the caller's project. */
  projectId?: string;
}

/** Neutron's default of quota_rbac_policy. */
export const RBAC_POLICY_LIMIT = 10;

const columns = {
  id: 'x.id',
  project_id: 'x.project_id',
  object_type: 'x.object_type',
  object_id: 'x.object_id',
  action: 'x.action',
  target_project: 'x.target_project',
};

/** Who else may use a project's networks (Neutron API: /v2.0/rbac-policies). */
@Injectable()
export class RbacPolicies {
  constructor(private readonly database: DataSource) {}

  /** One page of the policies of the caller's project; of all projects for administrators. */
  list(caller: Caller, request: PageRequest): Promise<RbacPolicy[]> {
    const read = (one: PageRequest) => this.read(caller, one);
    return permittedPage(request, read, (policy) => allows(caller, 'get_rbac_policy', targetOf(policy)));
  }

  private read(caller: Caller, request: PageRequest): Promise<RbacPolicy[]> {
    const query = this.database.manager.createQueryBuilder(RbacPolicy, 'x');
    // Index rbac_policies_of_project.
    return visiblePage('RbacPolicy', query, caller, columns, request);
  }

  /** Throws NotFoundError, also for a policy of another project. */
  get(caller: Caller, id: string): Promise<RbacPolicy> {
    return find(this.database.manager, caller, id);
  }

  /**
   * Neutron API: POST /rbac-policies. Throws NotFoundError (network), PolicyDeniedError (also for `*` by members),
   * InvalidInputError for somebody else's network, DuplicateRbacPolicyError, QuotaExceededError.
   */
  async create(caller: Caller, wanted: NewRbacPolicy): Promise<RbacPolicy> {
    const projectId = wanted.projectId ?? caller.projectId;
    requireAllowed(caller, 'create_rbac_policy', { project_id: projectId });
    const { objectType, action } = kindOf(wanted);
    const targetProject = checkedTarget(caller, 'create_rbac_policy:target_project', projectId, wanted.targetProject);
    return this.database.transaction(async (tx) => {
      const network = await findNetwork(tx, caller, wanted.objectId);
      if (!allows(caller, 'update_network', networkTarget(network)))
        throw new InvalidInputError('object_id', 'a network of the own project');
      await lockNetwork(tx, network.id);
      await requireRoom(tx, projectId);
      const made = { objectType, objectId: network.id, action, targetProject };
      if (await tx.existsBy(RbacPolicy, made)) throw new DuplicateRbacPolicyError();
      const policy = await tx.save(tx.create(RbacPolicy, { id: newId(), projectId, ...made }));
      if (targetProject === EVERYBODY) await setShared(tx, network.id, true);
      return policy;
    });
  }

  /** Neutron API: PUT /rbac-policies/{id}. Throws as `create` and `delete`. */
  async update(caller: Caller, id: string, targetProject: string): Promise<RbacPolicy> {
    return this.database.transaction(async (tx) => {
      const policy = await find(tx, caller, id);
      requireAllowed(caller, 'update_rbac_policy', targetOf(policy));
      const target = checkedTarget(caller, 'update_rbac_policy:target_project', policy.projectId, targetProject);
      const before = policy.targetProject;
      if (target === before) return policy;
      await lockNetwork(tx, policy.objectId);
      const { objectType, objectId, action } = policy;
      if (await tx.existsBy(RbacPolicy, { objectType, objectId, action, targetProject: target }))
        throw new DuplicateRbacPolicyError();
      // The policy as it will be shares already, when it is asked who would lose the network.
      const saved = await tx.save(Object.assign(policy, { targetProject: target }));
      await requireUnused(tx, saved, before);
      if (before === EVERYBODY) await setShared(tx, objectId, false);
      if (target === EVERYBODY) await setShared(tx, objectId, true);
      return saved;
    });
  }

  /** Neutron API: DELETE /rbac-policies/{id}. Throws NotFoundError, PolicyDeniedError, RbacPolicyInUseError. */
  async delete(caller: Caller, id: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const policy = await find(tx, caller, id);
      requireAllowed(caller, 'delete_rbac_policy', targetOf(policy));
      await lockNetwork(tx, policy.objectId);
      await requireUnused(tx, policy, policy.targetProject);
      await tx.delete(RbacPolicy, { id });
      if (policy.targetProject === EVERYBODY) await setShared(tx, policy.objectId, false);
    });
  }
}

const targetOf = ({ projectId }: RbacPolicy) => ({ project_id: projectId });

async function find(tx: EntityManager, caller: Caller, id: string): Promise<RbacPolicy> {
  const policy = UUID.test(id) ? await tx.findOneBy(RbacPolicy, { id }) : null;
  if (!policy || !allows(caller, 'get_rbac_policy', targetOf(policy))) throw new NotFoundError('RbacPolicy', id);
  return policy;
}

function kindOf({ objectType, action }: NewRbacPolicy): Pick<RbacPolicy, 'objectType' | 'action'> {
  if (objectType !== 'network') throw new InvalidInputError('object_type', 'network');
  if (action !== 'access_as_shared') throw new InvalidInputError('action', 'access_as_shared');
  return { objectType, action };
}

/** Throws PolicyDeniedError where the caller may not share with all. */
function checkedTarget(caller: Caller, rule: RuleName, projectId: string, target: string): string {
  if (!target.length) throw new InvalidInputError('target_tenant', 'the id of a project, or *');
  if (target === EVERYBODY) requireAllowed(caller, rule, { project_id: projectId });
  return target;
}

/** Waits for transactions that are making a port on the network, and keeps others from it: they hold it FOR KEY SHARE. */
async function lockNetwork(tx: EntityManager, id: string): Promise<void> {
  await tx.query('SELECT 1 FROM networks WHERE id = $1 FOR UPDATE', [id]);
}

async function requireUnused(tx: EntityManager, { objectId }: RbacPolicy, target: string): Promise<void> {
  const network = await tx.findOneByOrFail(Network, { id: objectId });
  if (await isUsedThrough(tx, network, target)) throw new RbacPolicyInUseError(objectId);
}

async function setShared(tx: EntityManager, id: string, shared: boolean): Promise<void> {
  await tx.query('UPDATE networks SET shared = $2, updated_at = now() WHERE id = $1 AND shared <> $2', [id, shared]);
}

async function requireRoom(tx: EntityManager, projectId: string): Promise<void> {
  await lockKey(tx, 'rbac_policy', projectId);
  // What networks made with `shared` have, an administrator has made.
  const used = await tx.countBy(RbacPolicy, { projectId });
  if (used >= RBAC_POLICY_LIMIT) throw new QuotaExceededError('rbac_policy', 1, used, RBAC_POLICY_LIMIT);
}
