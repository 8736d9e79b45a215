import { fileURLToPath } from 'node:url';
import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { InvalidInputError } from '#libs/common/errors';
import { idMapOf } from '../../../images/id-maps.js';
import { line } from './value.js';

const profile = (name: string): string =>
  fileURLToPath(new URL(`../../../../../../apps/agent/runtime/lxc/${name}`, import.meta.url));

/**
 * LXC's common.seccomp, and without what no move carries (../../../migration/WITNESSES.md, "withheld"). Programs do without
 * these as on a kernel that has none: landlock_*, mseal, io_uring_setup (ENOSYS; Node 20 takes threads then, and its servers
 * move); PR_SET_TSC, PR_SET_SYSCALL_USER_DISPATCH, PR_SET_MDWE (systemd takes a filter of seccomp then, which is carried) and
 * F_NOTIFY (EINVAL).
 */
const instanceSeccomp = profile('instance.seccomp');

/** The same without bpf(2): with the host's CAP_SYS_ADMIN that could read the host's memory, and CRIU has no image for it. */
const privilegedSeccomp = profile('privileged.seccomp');

/** Keys by which users could write LXC's configuration themselves, or that ask for what is not offered. */
const REFUSED: Record<string, string> = {
  'raw.lxc': 'nothing: raw configuration is not offered',
  'raw.apparmor': 'nothing: raw configuration is not offered',
  'raw.seccomp': 'nothing: raw configuration is not offered',
  'raw.idmap': 'nothing: raw configuration is not offered',
};

/**
 * The seccomp profile and the user namespace; common.conf brings, for a privileged instance, the dropped capabilities and the
 * devices that it may use. LXD: security.nesting=true lets a privileged instance keep bpf(2), which inner
 * runtimes need.
 */
export function securityLines(spec: InstanceSpec): string[] {
  for (const [key, expected] of Object.entries(REFUSED)) {
    const value = spec.config[key];
    if (value && value !== 'false') throw new InvalidInputError(`config.${key}`, expected);
  }
  const map = idMapOf(spec);
  if (!map) {
    const mayNest = spec.config['security.nesting'] === 'true';
    return [line('lxc.seccomp.profile', mayNest ? instanceSeccomp : privilegedSeccomp)];
  }
  return [
    line('lxc.seccomp.profile', instanceSeccomp),
    line('lxc.include', '/usr/share/lxc/config/userns.conf'),
    line('lxc.idmap', `u 0 ${map.base} ${map.size}`),
    line('lxc.idmap', `g 0 ${map.base} ${map.size}`),
  ];
}
