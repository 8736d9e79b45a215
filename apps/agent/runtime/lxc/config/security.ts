import type { IdMap, InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { InvalidInputError } from '#libs/common/errors';
import { line } from './value.js';

/** One range for every instance of the host, like LXD's default: images are unpacked shifted once. */
export const DEFAULT_IDMAP: IdMap = { base: 1_000_000, size: 65_536 };

/** Keys that would let a user write the configuration himself, or ask for what is not offered. */
const REFUSED: Record<string, string> = {
  'raw.lxc': 'nothing: raw configuration is not offered',
  'raw.apparmor': 'nothing: raw configuration is not offered',
  'raw.seccomp': 'nothing: raw configuration is not offered',
  'raw.idmap': 'nothing: all instances of a host share one id map',
  'security.privileged': 'false: privileged instances are not offered',
  'security.idmap.isolated': 'false: all instances of a host share one id map',
};

/** A user namespace; common.conf brings the seccomp profile and the dropped capabilities. */
export function securityLines(spec: InstanceSpec): string[] {
  for (const [key, expected] of Object.entries(REFUSED)) {
    const value = spec.config[key];
    if (value && value !== 'false') throw new InvalidInputError(`config.${key}`, expected);
  }
  const { base, size } = spec.idmap ?? DEFAULT_IDMAP;
  if (base !== DEFAULT_IDMAP.base || size !== DEFAULT_IDMAP.size)
    throw new InvalidInputError('spec.idmap', `${DEFAULT_IDMAP.base}:${DEFAULT_IDMAP.size}, this host's`);
  return [
    line('lxc.include', '/usr/share/lxc/config/userns.conf'),
    line('lxc.idmap', `u 0 ${base} ${size}`),
    line('lxc.idmap', `g 0 ${base} ${size}`),
  ];
}
