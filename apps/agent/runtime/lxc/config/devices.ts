import type { Device } from '#generated/lxstack/agent/v1/types';
import { InvalidInputError } from '#libs/common/errors';
import { line } from './value.js';

/**
 * LXD's devices as lines of LXC's configuration. A `nic` comes as a port of a network instead; an unknown type is
 * refused by name.
 */
export function deviceLines(devices: readonly Device[], version: 'v1' | 'v2'): string[] {
  return devices.flatMap((device) => {
    switch (device.type) {
      case 'none':
        return [];
      case 'disk':
        return diskLines(device);
      case 'unix-char':
        return [mountLine(device, 'source'), allowLine(device, version)];
      default:
        throw new InvalidInputError(
          `devices.${device.name}.type`,
          `disk, unix-char or none: ${device.type || 'an empty type'} is not offered`,
        );
    }
  });
}

/** The root disk (path `/`) is the storage driver's; every other disk is a directory or file of the host. */
function diskLines(device: Device): string[] {
  if (device.options.path === '/') return [];
  for (const option of ['pool', 'size', 'shift', 'propagation'])
    if (device.options[option])
      throw new InvalidInputError(`devices.${device.name}.${option}`, 'nothing: it is not offered');
  return [mountLine(device, 'source')];
}

function mountLine(device: Device, sourceKey: string): string {
  const { name, options } = device;
  const path = absolute(`devices.${name}.path`, options.path ?? options[sourceKey] ?? '');
  const source = absolute(`devices.${name}.source`, options[sourceKey] ?? path);
  const flags = [
    options.recursive === 'true' ? 'rbind' : 'bind',
    device.type === 'unix-char' ? 'create=file' : 'create=dir',
    ...(options.readonly === 'true' ? ['ro'] : []),
    ...(options.required === 'false' ? ['optional'] : []),
  ];
  return line('lxc.mount.entry', `${escaped(source)} ${escaped(path.slice(1))} none ${flags.join(',')} 0 0`);
}

/** LXC needs the device numbers. LXD finds them by `source`; here the instance's configuration must give them. */
function allowLine({ name, options }: Device, version: 'v1' | 'v2'): string {
  const [major, minor] = [options.major ?? '', options.minor ?? ''];
  if (!/^\d{1,4}$/.test(major) || !/^\d{1,7}$/.test(minor))
    throw new InvalidInputError(`devices.${name}`, 'major and minor, the numbers of the device');
  return line(version === 'v1' ? 'lxc.cgroup.devices.allow' : 'lxc.cgroup2.devices.allow', `c ${major}:${minor} rwm`);
}

function absolute(field: string, value: string): string {
  if (!/^\/./.test(value) || value.split('/').includes('..'))
    throw new InvalidInputError(field, 'an absolute path without ..');
  return value;
}

/** fstab(5): a blank in a path is written as \\040. */
const escaped = (path: string): string =>
  path.replaceAll('\\', '\\134').replaceAll(' ', '\\040').replaceAll('\t', '\\011').replaceAll('#', '\\043');
