import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ConflictError, ForbiddenError, NameTakenError, NotFoundError } from '#libs/common/errors';
import { page } from '#libs/database/paging';
import type { PageRequest } from '#libs/database/paging';
import { isUniqueViolation } from '#libs/database/transient-errors';
import type { Target } from '#libs/policy/check/check';
import type { Asker } from '#libs/policy/credentials';
import { requireAllowed } from '#libs/policy/policy';
import { newKeystoneId } from '../keystone-id.js';
import { inDomain } from '../scope-of-list.js';
import { Tokens } from '../tokens/tokens.service.js';
import { Project } from './project.entity.js';

type Kind = 'project' | 'domain';
export type NewProject = Pick<Project, 'name'> & Partial<Pick<Project, 'description' | 'enabled' | 'domainId'>>;
export type ProjectChange = Partial<Pick<Project, 'name' | 'description' | 'enabled'>>;

/** SQL that finds something that belongs to the project: a project that owns something cannot be deleted. */
const OWNED = ['networks', 'ports', 'images'].map((table) => `SELECT 1 FROM ${table} WHERE project_id = $1`);
const IN_USE = `SELECT 1 FROM instances WHERE project_id = $1 AND deleted_at IS NULL UNION ALL ${OWNED.join(' UNION ALL ')} LIMIT 1`;

const columns = {
  id: 'x.id',
  name: 'x.name',
  domain_id: `coalesce(x.domain_id, '')`,
  enabled: 'x.enabled',
  is_domain: 'x.is_domain',
};

function targetOf(kind: Kind, { id, domainId }: { id?: string; domainId?: string | null }): Target {
  return kind === 'domain'
    ? { 'target.domain.id': id }
    : { 'target.project.id': id, 'target.project.domain_id': domainId };
}

/** Projects and domains (Keystone API: /v3/projects, /v3/domains). */
@Injectable()
export class Projects {
  constructor(
    private readonly database: DataSource,
    private readonly tokens: Tokens,
  ) {}

  /**
   * One page; with a token scoped to a domain only what belongs to it. Throws PolicyDeniedError, as every method with
   * an asker does.
   */
  async list(asker: Asker, kind: Kind, request: PageRequest): Promise<Project[]> {
    requireAllowed(asker, `identity:list_${kind}s`, targetOf(kind, { domainId: asker.domainId, id: asker.domainId }));
    const query = this.database.manager.createQueryBuilder(Project, 'x');
    // Keystone API: projects?is_domain=true lists the domains, as the projects that they are too.
    if (kind === 'domain' || !request.filters?.is_domain)
      query.where('x.is_domain = :isDomain', { isDomain: kind === 'domain' });
    return page(kind, query, columns, inDomain(asker, request, kind === 'domain' ? 'id' : 'domain_id'));
  }

  /** The projects, or domains, on which the user has a role. Throws PolicyDeniedError. */
  async ofUser(
    asker: Asker,
    rule: 'identity:get_auth_projects' | 'identity:get_auth_domains' | 'identity:list_user_projects',
    user: { id: string; domainId?: string },
  ): Promise<Project[]> {
    const target = { user_id: user.id, 'target.user.id': user.id, 'target.user.domain_id': user.domainId };
    requireAllowed(asker, rule, target);
    return this.database.manager
      .createQueryBuilder(Project, 'x')
      .where('x.is_domain = :isDomain AND x.enabled', { isDomain: rule === 'identity:get_auth_domains' })
      .andWhere('EXISTS (SELECT 1 FROM role_assignments a WHERE a.user_id = :userId AND a.project_id = x.id)', {
        userId: user.id,
      })
      .orderBy('x.name')
      .limit(1_000)
      .getMany();
  }

  /** Throws NotFoundError; PolicyDeniedError where the asker may not know whether it exists. */
  async get(asker: Asker, kind: Kind, id: string, action: 'get' | 'update' | 'delete' = 'get'): Promise<Project> {
    const project = await this.database.manager.findOneBy(Project, { id, isDomain: kind === 'domain' });
    requireAllowed(asker, `identity:${action}_${kind}`, targetOf(kind, { id, domainId: project?.domainId }));
    if (!project) throw new NotFoundError(kind, id);
    return project;
  }

  /**
   * Keystone API: POST /v3/projects, /v3/domains. Throws ConflictError for a name that is taken, NotFoundError for an
   * unknown domain.
   */
  async create(asker: Asker, kind: Kind, { domainId = asker.domainId, ...given }: NewProject): Promise<Project> {
    const isDomain = kind === 'domain';
    const parent = isDomain ? null : (domainId ?? 'default');
    requireAllowed(asker, `identity:create_${kind}`, targetOf(kind, { domainId: parent }));
    if (parent !== null && !(await this.database.manager.existsBy(Project, { id: parent, isDomain: true })))
      throw new NotFoundError('domain', parent);
    const row = this.database.manager.create(Project, { id: newKeystoneId(), ...given, isDomain, domainId: parent });
    return this.unique(kind, given.name, () => this.database.manager.save(row));
  }

  /**
   * Keystone API: PATCH /v3/projects/{id}, /v3/domains/{id}. Throws NotFoundError, ConflictError for a name that is
   * taken.
   */
  async update(asker: Asker, kind: Kind, id: string, change: ProjectChange): Promise<Project> {
    const project = Object.assign(await this.get(asker, kind, id, 'update'), change);
    const saved = await this.unique(kind, project.name, () => this.database.manager.save(project));
    this.tokens.forget();
    return saved;
  }

  /**
   * Keystone API: DELETE /v3/projects/{id}, /v3/domains/{id}. Throws NotFoundError, ConflictError where something
   * belongs to the project, ForbiddenError for a domain that is enabled.
   */
  async delete(asker: Asker, kind: Kind, id: string): Promise<void> {
    const { enabled } = await this.get(asker, kind, id, 'delete');
    if (kind === 'domain' && enabled) throw new ForbiddenError('Cannot delete a domain that is enabled.');
    await this.database.transaction(async (tx) => {
      const inUse = await tx.query<unknown[]>(
        kind === 'domain'
          ? 'SELECT 1 FROM projects WHERE domain_id = $1 UNION ALL SELECT 1 FROM users WHERE domain_id = $1 LIMIT 1'
          : IN_USE,
        [id],
      );
      if (inUse.length) throw new ConflictError(`The ${kind} ${id} still owns resources. Delete them first.`);
      await tx.query('DELETE FROM role_assignments WHERE project_id = $1', [id]);
      await tx.query('DELETE FROM tokens WHERE project_id = $1 OR domain_id = $1', [id]);
      await tx.delete(Project, { id });
    });
    this.tokens.forget();
  }

  private async unique<T>(kind: string, name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new NameTakenError(kind, name);
    }
  }
}
