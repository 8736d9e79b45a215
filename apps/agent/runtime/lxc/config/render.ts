import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { InvalidInputError } from '#libs/common/errors';
import { HOSTNAME, requireName } from '#libs/common/names';
import { limitLines } from './limits.js';
import type { CgroupLayout } from './limits.js';
import { nicLines } from './nics.js';
import { line } from './value.js';

export interface RenderContext {
  rootfs: string;
  bridges: ReadonlyMap<string, string>;
  cgroups: CgroupLayout;
  cgroupDirectories: { monitor: string; container: string };
  /** Run after it has ended, with the container's name appended. */
  postStop: string;
}

/** A container's configuration. AppArmor is not named: CRIU refuses to restore where the kernel has none. */
export function renderConfig(spec: InstanceSpec, context: RenderContext): string {
  const lines = [
    line('lxc.include', '/usr/share/lxc/config/common.conf'),
    ...usernsLines(spec),
    line('lxc.rootfs.path', `dir:${context.rootfs}`),
    line('lxc.uts.name', requireName('hostname', spec.hostname, HOSTNAME, 'an RFC 1123 label')),
    line('lxc.tty.max', 0),
    line('lxc.pty.max', 1024),
    line('lxc.console.path', 'none'),
    line('lxc.mount.auto', 'proc:mixed sys:mixed cgroup:mixed'),
    line('lxc.cgroup.dir.monitor', context.cgroupDirectories.monitor),
    line('lxc.cgroup.dir.container', context.cgroupDirectories.container),
    line('lxc.hook.post-stop', context.postStop),
    ...limitLines(spec, context.cgroups),
    ...nicLines(spec.nics, context.bridges),
    ...environmentLines(spec.config),
  ];
  return `${lines.join('\n')}\n`;
}

function usernsLines(spec: InstanceSpec): string[] {
  if (spec.config['raw.lxc']) throw new InvalidInputError('config.raw.lxc', 'nothing: it is not offered');
  if (spec.config['security.privileged'] === 'true') return [];
  const { base, size } = spec.idmap ?? DEFAULT_IDMAP;
  return [
    line('lxc.include', '/usr/share/lxc/config/userns.conf'),
    line('lxc.idmap', `u 0 ${base} ${size}`),
    line('lxc.idmap', `g 0 ${base} ${size}`),
  ];
}

export const DEFAULT_IDMAP = { base: 1_000_000, size: 65_536 };

function environmentLines(config: Readonly<Record<string, string>>): string[] {
  return Object.entries(config)
    .filter(([key]) => key.startsWith('environment.'))
    .map(([key, value]) => {
      const name = requireName('config', key.slice(12), /^[A-Za-z_]\w*$/, 'environment.NAME');
      return line('lxc.environment', `${name}=${value}`);
    });
}
