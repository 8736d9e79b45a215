import { join } from 'node:path';
import { DEPLOYMENT, requireName } from '#libs/common/names';

/** Where the repository lies; inside a host it is bound read-only at HOST_REPOSITORY. */
export const repository = new URL('../../../../', import.meta.url).pathname.replace(/\/$/, '');
export const HOST_REPOSITORY = '/opt/lxstack';
export const stateRoot = (): string => process.env.LXSTACK_STATE ?? '/var/lib/lxstack';
/** Host roots and images, named by the hash of what makes them, shared by every deployment. */
export const cacheRoot = (): string => join(stateRoot(), 'cache');

/** Addresses of the underlay: they exist inside the deployment's own namespaces only. */
export const underlay = {
  prefix: 24,
  mtu: 9000,
  control: '10.213.0.1',
  client: '10.213.0.100',
  host: (index: number): string => `10.213.0.${10 + index}`,
} as const;

export const CLIENT_HOST = 'client';

/** Names and paths of one deployment. Everything made on the machine carries its name. */
export class Layout {
  readonly directory: string;

  constructor(readonly deployment: string) {
    requireName('deployment', deployment, DEPLOYMENT, 'a letter and at most 7 more letters and digits, lower case');
    this.directory = join(stateRoot(), deployment);
  }

  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  namespace(member: string): string {
    return `lx-${this.deployment}-${member}`;
  }

  /** Directory under each cgroup hierarchy that holds all of a host. */
  cgroup(host: string): string {
    return `lxstack-${this.deployment}/${host}`;
  }

  /** The directory of disks that all hosts have. */
  get shared(): string {
    return this.path('shared');
  }

  host(name: string): { directory: string; agentState: string; pki: string } {
    return {
      directory: this.path('hosts', name),
      agentState: this.path('hosts', name, 'agent'),
      pki: this.path('hosts', name, 'agent', 'pki'),
    };
  }

  log(process: string): string {
    return this.path('log', `${process}.log`);
  }

  pidFile(process: string): string {
    return this.path('run', `${process}.pid`);
  }

  get postgres(): { data: string; socket: string } {
    return { data: this.path('postgres'), socket: this.path('sockets') };
  }

  get redis(): { data: string; socket: string } {
    return { data: this.path('redis'), socket: this.path('sockets', 'redis.sock') };
  }

  get settings(): string {
    return this.path('settings.json');
  }
}
