import { randomUUID } from 'node:crypto';
import { Image } from '#libs/images/image.entity';
import { first } from './api-world.js';
import type { ApiWorld, Json, Person } from './api-world.js';
import { activeServer, seedFlavor, seedTenant } from './tenant.js';
import type { Tenant } from './tenant.js';

/** The callers, from the one who may do least to the one who may do most. */
export const callers = ['nobody', 'reader', 'member', 'stranger', 'domain admin', 'system reader', 'admin'] as const;
export type CallerName = (typeof callers)[number];

/** Every caller, and things of the member's project, made anew as often as calls use them up. */
export class Fixtures {
  private count = 0;

  private constructor(
    readonly world: ApiWorld,
    readonly tokens: Readonly<Record<Exclude<CallerName, 'nobody'>, string>>,
    readonly member: Person,
    readonly stranger: Person,
    readonly domainId: string,
    readonly tenant: Tenant,
    readonly roleIds: Readonly<Record<'admin' | 'member', string>>,
  ) {}

  static async make(world: ApiWorld): Promise<Fixtures> {
    const admin = await world.admin();
    const member = await world.person(admin, 'mia', 'member', 'mine');
    const reader = await world.person(admin, 'rita', 'reader', 'mine');
    const stranger = await world.person(admin, 'otto', 'member', 'other');
    const body = { domain: { name: 'branch' } };
    const domainId = String((await world.must('POST', '/identity/v3/domains', { token: admin, body })).domain!.id);
    const dora = await world.user(admin, 'dora');
    await world.grant(admin, 'admin', dora, `domains/${domainId}`);
    const sven = await world.user(admin, 'sven');
    await world.grant(admin, 'reader', sven, 'system');
    for (const host of ['h1', 'h2']) await world.addHost(host);
    await seedFlavor(world, admin);
    const quota = { quota_set: { instances: -1, cores: -1, ram: -1, server_groups: -1, key_pairs: -1 } };
    await world.must('PUT', `/compute/v2.1/os-quota-sets/${member.projectId}`, { token: admin, body: quota });
    const roleOf = async (name: string) =>
      String(first((await world.must('GET', `/identity/v3/roles?name=${name}`, { token: admin })).roles).id);
    const tokens = {
      reader: reader.token,
      member: member.token,
      stranger: stranger.token,
      'domain admin': await world.login('dora', { domain: { id: domainId } }),
      'system reader': await world.login('sven', { system: { all: true } }),
      admin,
    };
    const tenant = await seedTenant(world, member, '10.8.0.0/16');
    const roleIds = { admin: await roleOf('admin'), member: await roleOf('member') };
    return new Fixtures(world, tokens, member, stranger, domainId, tenant, roleIds);
  }

  name(): string {
    return `thing-${++this.count}`;
  }

  server(): Promise<string> {
    return activeServer(this.world, this.member.token, this.tenant, 'h1');
  }

  network(): Promise<string> {
    return this.made('/networking/v2.0/networks', { network: { name: this.name() } });
  }

  async subnet(): Promise<string> {
    const subnet = { network_id: await this.network(), cidr: '10.7.0.0/24' };
    return this.made('/networking/v2.0/subnets', { subnet });
  }

  port(): Promise<string> {
    return this.made('/networking/v2.0/ports', { port: { network_id: this.tenant.networkId } });
  }

  /** With an interface on the subnet, where one is named. */
  async router(subnetId?: string): Promise<string> {
    const id = await this.made('/networking/v2.0/routers', { router: { name: this.name() } });
    const { token } = this.member;
    const path = `/networking/v2.0/routers/${id}/add_router_interface`;
    if (subnetId) await this.world.must('PUT', path, { token, body: { subnet_id: subnetId } });
    return id;
  }

  subnetPool(): Promise<string> {
    return this.made('/networking/v2.0/subnetpools', { subnetpool: { name: 'pool', prefixes: ['10.6.0.0/16'] } });
  }

  /** One of the network agents of a host. */
  async agent(): Promise<string> {
    const { agents } = await this.world.must('GET', '/networking/v2.0/agents', { token: this.tokens.admin });
    return String(first(agents).id);
  }

  /** The body of a policy that shares a new network. */
  async sharing(): Promise<object> {
    const object_id = await this.network();
    return { object_type: 'network', object_id, action: 'access_as_shared', target_tenant: 'nobody' };
  }

  /** Leaves room for others: a project has ten policies at most. */
  async rbacPolicy(): Promise<string> {
    await this.world.database.query('DELETE FROM rbac_policies');
    return this.made('/networking/v2.0/rbac-policies', { rbac_policy: await this.sharing() });
  }

  serverGroup(): Promise<string> {
    return this.made('/compute/v2.1/os-server-groups', { server_group: { name: this.name(), policy: 'affinity' } });
  }

  async keyPair(): Promise<string> {
    const name = this.name();
    const { token } = this.member;
    await this.world.must('POST', '/compute/v2.1/os-keypairs', { token, body: { keypair: { name } } });
    return name;
  }

  /** The project may have any number of them. */
  async group(): Promise<string> {
    for (const resource of ['security_group', 'security_group_rule'])
      await this.world.database.query(
        'INSERT INTO quotas (project_id, resource, "limit") VALUES ($1, $2, -1) ON CONFLICT DO NOTHING',
        [this.member.projectId, resource],
      );
    return this.made('/networking/v2.0/security-groups', { security_group: { name: this.name() } });
  }

  async groupRule(): Promise<string> {
    const security_group_rule = { security_group_id: await this.group(), direction: 'ingress' };
    return this.made('/networking/v2.0/security-group-rules', { security_group_rule });
  }

  async defaultGroup(): Promise<string> {
    const { token } = this.member;
    const list = await this.world.must('GET', '/networking/v2.0/security-groups', { token });
    return String(first(list.security_groups).id);
  }

  /** A private image of the member's project. */
  async image(status: 'active' | 'queued' = 'active'): Promise<string> {
    const id = randomUUID();
    const row = {
      id,
      name: this.name(),
      projectId: this.member.projectId,
      visibility: 'private' as const,
      tags: ['t'],
    };
    await this.world.database.manager.insert(Image, { ...row, status });
    return id;
  }

  flavor(): Promise<string> {
    const flavor = { name: this.name(), ram: 64, vcpus: 1, disk: 1, 'os-flavor-access:is_public': false };
    return this.made('/compute/v2.1/flavors', { flavor }, this.tokens.admin);
  }

  async flavorWithSpec(): Promise<string> {
    const id = await this.flavor();
    const body = { extra_specs: { k: 'v' } };
    await this.world.must('POST', `/compute/v2.1/flavors/${id}/os-extra_specs`, { token: this.tokens.admin, body });
    return id;
  }

  user(domain = 'default'): Promise<string> {
    return this.world.user(this.tokens.admin, this.name(), domain);
  }

  project(domain = 'default'): Promise<string> {
    const project = { name: this.name(), domain_id: domain };
    return this.made('/identity/v3/projects', { project }, this.tokens.admin);
  }

  domain(): Promise<string> {
    return this.made('/identity/v3/domains', { domain: { name: this.name(), enabled: false } }, this.tokens.admin);
  }

  role(): Promise<string> {
    return this.made('/identity/v3/roles', { role: { name: this.name() } }, this.tokens.admin);
  }

  rebalancePlan(): Promise<string> {
    return this.made('/fleet/v1/rebalance-plans', {}, this.tokens.admin);
  }

  /** A token of the member, to be shown or revoked. */
  spareToken(): Promise<string> {
    return this.world.login('mia', { project: { id: this.member.projectId } });
  }

  private async made(path: string, body: object, token = this.member.token): Promise<string> {
    const answer = await this.world.must('POST', path, { token, body });
    const [thing] = Object.values(answer) as Json[];
    return String(thing!.id);
  }
}
