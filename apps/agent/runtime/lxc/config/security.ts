import { fileURLToPath } from 'node:url';
import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { InvalidInputError } from '#libs/common/errors';
import { idMapOf } from '../../../images/id-maps.js';
import { line } from './value.js';

/**
 * common.seccomp without bpf(2): with the host's CAP_SYS_ADMIN that could read the host's memory, and CRIU has no image
 * for it.
 */
const privilegedSeccomp = fileURLToPath(
  new URL('../../../../../../apps/agent/runtime/lxc/privileged.seccomp', import.meta.url),
);

/** Keys by which users could write LXC's configuration themselves, or that ask for what is not offered. */
const REFUSED: Record<string, string> = {
  'raw.lxc': 'nothing: raw configuration is not offered',
  'raw.apparmor': 'nothing: raw configuration is not offered',
  'raw.seccomp': 'nothing: raw configuration is not offered',
  'raw.idmap': 'nothing: raw configuration is not offered',
};

/**
 * The user namespace; common.conf brings the seccomp profile and, for a privileged instance, the dropped capabilities
 * and the devices that it may use. LXD: security.nesting=true lets a privileged instance keep bpf(2), which inner
 * runtimes need.
 */
export function securityLines(spec: InstanceSpec): string[] {
  for (const [key, expected] of Object.entries(REFUSED)) {
    const value = spec.config[key];
    if (value && value !== 'false') throw new InvalidInputError(`config.${key}`, expected);
  }
  const map = idMapOf(spec);
  if (!map) return spec.config['security.nesting'] === 'true' ? [] : [line('lxc.seccomp.profile', privilegedSeccomp)];
  return [
    line('lxc.include', '/usr/share/lxc/config/userns.conf'),
    line('lxc.idmap', `u 0 ${map.base} ${map.size}`),
    line('lxc.idmap', `g 0 ${map.base} ${map.size}`),
  ];
}
