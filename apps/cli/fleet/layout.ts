import { join } from 'node:path';
import { DEPLOYMENT, requireName } from '#libs/common/names';

/** Path of this repository; hosts see it read-only at HOST_REPOSITORY. */
export const repository = new URL('../../../../', import.meta.url).pathname.replace(/\/$/, '');
/** Path of the repository inside a host. */
export const HOST_REPOSITORY = '/opt/lxstack';
/** Directory of all deployments' state (LXSTACK_STATE). */
export const stateRoot = (): string => process.env.LXSTACK_STATE ?? '/var/lib/lxstack';
/** Directory of host roots and guest images, named by the hash of their recipes and shared by all deployments. */
export const cacheRoot = (): string => join(stateRoot(), 'cache');

/** Addresses of the underlay, which exist inside the deployment's namespaces only. */
export const underlay = {
  prefix: 24,
  mtu: 9000,
  control: '10.213.0.1',
  client: '10.213.0.100',
  host: (index: number): string => `10.213.0.${10 + index}`,
} as const;

/** Name of the host into whose namespace the client's port is plugged. */
export const CLIENT_HOST = 'client';

/** Names and paths of a deployment. Everything that it makes on the machine carries its name. */
export class Layout {
  readonly directory: string;

  constructor(readonly deployment: string) {
    requireName('deployment', deployment, DEPLOYMENT, 'a letter and at most 7 more letters and digits, lower case');
    this.directory = join(stateRoot(), deployment);
  }

  /** A path in the deployment's directory. */
  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  /** The network namespace of a member: a host, the control plane, the switch. */
  namespace(member: string): string {
    return `lx-${this.deployment}-${member}`;
  }

  /** The host's directory below each cgroup hierarchy. */
  cgroup(host: string): string {
    return `lxstack-${this.deployment}/${host}`;
  }

  /** Directory of disks that all hosts share. */
  get shared(): string {
    return this.path('shared');
  }

  /** Directories of a host, as this machine sees them. */
  host(name: string): { directory: string; agentState: string; pki: string } {
    return {
      directory: this.path('hosts', name),
      agentState: this.path('hosts', name, 'agent'),
      pki: this.path('hosts', name, 'agent', 'pki'),
    };
  }

  /** Path of a process's log. */
  log(process: string): string {
    return this.path('log', `${process}.log`);
  }

  /** Path of a process's pid file. */
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
