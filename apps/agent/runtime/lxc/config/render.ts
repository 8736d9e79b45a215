import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { HOSTNAME, requireName } from '#libs/common/names';
import { deviceLines } from './devices.js';
import { limitLines } from './limits.js';
import type { CgroupLayout } from './limits.js';
import { nicLines } from './nics.js';
import { securityLines } from './security.js';
import { line } from './value.js';

export interface RenderContext {
  rootfs: string;
  bridges: ReadonlyMap<string, string>;
  cgroups: CgroupLayout;
  cgroupDirectories: { monitor: string; container: string };
  /** Command that runs after the container has ended, with its name appended. */
  postStop: string;
  /** Command that runs before the init of an instance with migration.stateful=true. */
  statefulRun: string;
}

/**
 * A container's configuration. It does not mention AppArmor: CRIU refuses to restore that where the kernel has none.
 */
export function renderConfig(spec: InstanceSpec, context: RenderContext): string {
  const lines = [
    line('lxc.include', '/usr/share/lxc/config/common.conf'),
    ...securityLines(spec),
    line('lxc.rootfs.path', `dir:${context.rootfs}`),
    line('lxc.uts.name', requireName('hostname', spec.hostname, HOSTNAME, 'an RFC 1123 label')),
    line('lxc.tty.max', 0),
    line('lxc.pty.max', 1024),
    line('lxc.console.path', 'none'),
    line('lxc.mount.auto', 'proc:mixed sys:mixed cgroup:mixed'),
    line('lxc.cgroup.dir.monitor', context.cgroupDirectories.monitor),
    line('lxc.cgroup.dir.container', context.cgroupDirectories.container),
    line('lxc.hook.post-stop', context.postStop),
    ...(spec.config['migration.stateful'] === 'true' ? [line('lxc.hook.mount', context.statefulRun)] : []),
    ...limitLines(spec, context.cgroups),
    ...nicLines(spec.nics, context.bridges),
    ...deviceLines(spec.devices, context.cgroups.devices),
    // cloud-init looks for it to know that there is a metadata service of OpenStack.
    line('lxc.environment', 'product_name=OpenStack Nova'),
    ...environmentLines(spec.config),
  ];
  return `${lines.join('\n')}\n`;
}

function environmentLines(config: Readonly<Record<string, string>>): string[] {
  return Object.entries(config)
    .filter(([key]) => key.startsWith('environment.'))
    .map(([key, value]) => {
      const name = requireName('config', key.slice(12), /^[A-Za-z_]\w*$/, 'environment.NAME');
      return line('lxc.environment', `${name}=${value}`);
    });
}

/** Throws InvalidInputError for a spec that could not be rendered, before anything is made for it. */
export function checkSpec(spec: InstanceSpec, cgroups: CgroupLayout): void {
  const bridges = new Map(spec.nics.map((nic) => [nic.networkId, 'br']));
  const directories = { monitor: 'm', container: 'c' };
  const hooks = { postStop: '/bin/true', statefulRun: '/bin/true' };
  renderConfig(spec, { rootfs: '/', bridges, cgroups, cgroupDirectories: directories, ...hooks });
}
