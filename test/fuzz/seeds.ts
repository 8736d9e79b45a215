import type { DataSource } from 'typeorm';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import { Host } from '#libs/fleet/hosts/host.entity';
import type { FuzzRequest } from './requests.js';
import type { Names } from './send.js';
import type { Kind } from './values.js';

type Json = Record<string, unknown>;
type Tokens = Readonly<Record<Exclude<FuzzRequest['as'], 'nobody'>, string>>;

/**
 * Things that the requests of a run name: one of each kind, made through the API, and made again when it may be gone.
 */
export class Seeds {
  private readonly ids = new Map<Kind, string>();
  private readonly transitions = new InstanceTransitions();
  private tokens: Tokens;
  private count = 0;

  constructor(
    private readonly url: string,
    private readonly database: DataSource,
  ) {}

  async first(password: string): Promise<Names> {
    const admin = await this.login('admin', 'admin', password);
    this.tokens = { admin, member: admin, stranger: 'no token of ours' };
    const project = await this.make('/identity/v3/projects', 'project', { name: 'members' });
    const user = await this.make('/identity/v3/users', 'user', { name: 'member', password });
    const { roles } = await this.ask('GET', '/identity/v3/roles?name=member');
    const [role] = roles as { id: string }[];
    await this.ask('PUT', `/identity/v3/projects/${project}/users/${user}/roles/${role!.id}`);
    this.tokens = { admin, member: await this.login('member', 'members', password), stranger: 'no token of ours' };
    await this.ask('PUT', `/compute/v2.1/os-quota-sets/${project}`, {
      quota_set: { instances: -1, cores: -1, ram: -1, server_groups: -1, server_group_members: -1 },
    });
    return this.again();
  }

  /** Makes the things again that earlier requests may have deleted or changed. */
  async again(): Promise<Names> {
    const n = ++this.count;
    await this.database.query('UPDATE hosts SET enabled = true, forced_down = false');
    await this.identity(n);
    await this.network(n);
    await this.compute(n);
    const { ids, tokens } = this;
    return { of: (kind) => ids.get(kind)!, token: (as) => (as === 'nobody' ? undefined : tokens[as]) };
  }

  private async identity(n: number): Promise<void> {
    this.ids.set('project', await this.make('/identity/v3/projects', 'project', { name: `project-${n}` }));
    this.ids.set('domain', await this.make('/identity/v3/domains', 'domain', { name: `domain-${n}` }));
    this.ids.set('user', await this.make('/identity/v3/users', 'user', { name: `user-${n}` }));
    this.ids.set('role', await this.make('/identity/v3/roles', 'role', { name: `role-${n}` }));
    this.ids.set('token', 'a token that is none');
  }

  private async network(n: number): Promise<void> {
    const [base, by] = ['/networking/v2.0', 'member'] as const;
    const network_id = await this.make(`${base}/networks`, 'network', { name: `network-${n}` }, by);
    this.ids.set('network', network_id);
    this.ids.set('subnet', await this.make(`${base}/subnets`, 'subnet', { network_id, cidr: '10.8.0.0/16' }, by));
    this.ids.set('port', await this.make(`${base}/ports`, 'port', { network_id }, by));
    const { security_groups: groups } = await this.ask('GET', `${base}/security-groups`, undefined, by);
    this.ids.set('securityGroup', (groups as { id: string }[])[0]!.id);
  }

  private async compute(n: number): Promise<void> {
    const [base, by] = ['/compute/v2.1', 'member'] as const;
    const image = await this.ask('POST', '/image/v2/images', { disk_format: 'raw', container_format: 'bare' }, by);
    const active = { status: 'active', sha256: 'a'.repeat(64), size: 4 };
    await this.database.query('UPDATE images SET status = $2, sha256 = $3, size = $4 WHERE id = $1', [
      image.id,
      ...Object.values(active),
    ]);
    this.ids.set('image', image.id as string);
    const flavor = { id: `flavor-${n}`, name: `flavor-${n}`, ram: 64, vcpus: 1, disk: 1 };
    this.ids.set('flavor', await this.make(`${base}/flavors`, 'flavor', flavor));
    this.ids.set(
      'group',
      await this.make(`${base}/os-server-groups`, 'server_group', { name: 'g', policy: 'affinity' }, by),
    );
    this.ids.set('keypair', `key-${n}`);
    const host = await this.database.manager.findOneByOrFail(Host, { name: 'h1' });
    this.ids.set('host', 'h1').set('hostId', host.id);
    const networks = [{ uuid: this.ids.get('network') }];
    const wanted = { name: `server-${n}`, imageRef: image.id, flavorRef: flavor.id, networks };
    const server = await this.make(`${base}/servers`, 'server', wanted, by);
    this.ids.set('server', server);
    await this.database.transaction(async (tx) => {
      await this.transitions.markPlaced(tx, server, host.id);
      await this.transitions.finishBuild(tx, server, host.id);
    });
    await this.database.query(`UPDATE operations SET state = 'done', finished_at = now() WHERE resource_id = $1`, [
      server,
    ]);
    const { operations } = await this.ask('GET', `/fleet/v1/operations?resource_id=${server}`);
    this.ids.set('operation', (operations as { id: string }[])[0]!.id).set('migration', '1');
  }

  private async make(path: string, key: string, fields: object, by: keyof Tokens = 'admin'): Promise<string> {
    return ((await this.ask('POST', path, { [key]: fields }, by))[key] as { id: string }).id;
  }

  private async login(name: string, project: string, password: string): Promise<string> {
    const domain = { id: 'default' };
    const identity = { methods: ['password'], password: { user: { name, domain, password } } };
    const answer = await this.fetch('POST', '/identity/v3/auth/tokens', {
      auth: { identity, scope: { project: { name: project, domain } } },
    });
    return answer.headers.get('x-subject-token')!;
  }

  private async ask(method: string, path: string, body?: object, by: keyof Tokens = 'admin'): Promise<Json> {
    const answer = await this.fetch(method, path, body, this.tokens[by]);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} ${JSON.stringify(body)}: ${answer.status} ${text}`);
    return text ? (JSON.parse(text) as Json) : {};
  }

  private fetch(method: string, path: string, body?: object, token?: string): Promise<Response> {
    const headers = {
      'Content-Type': 'application/json',
      'OpenStack-API-Version': 'compute 2.90',
      ...(token !== undefined && { 'X-Auth-Token': token }),
    };
    return fetch(this.url + path, { method, headers, body: body && JSON.stringify(body) });
  }
}
