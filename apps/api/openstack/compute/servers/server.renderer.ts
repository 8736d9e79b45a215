import { createHash } from 'node:crypto';
import type { Instance } from '#libs/compute/instances/instance.entity';
import type { InstanceNicView, InstanceView } from '#libs/compute/instances/read/instance-views';
import { publicFailure } from '#libs/operations/public-failure';
import { reservationOf } from '#libs/compute/instances/spec/instance-spec';
import type { Microversion } from '../http/microversion.js';
import { flavorBookmark, imageBookmark, serverLinks } from '../http/links.js';
import { renderTime } from '../http/times.js';
import { statusOf } from './server-status.js';

export interface ServerContext {
  version: Microversion;
  /** `https://…/compute/v2.1`. */
  base: string;
}

/** An entry of GET /servers. */
export function renderServerSummary(instance: Instance, { base }: ServerContext) {
  return { id: instance.id, name: instance.name, links: serverLinks(base, instance.id) };
}

/** Nova API: server in GET /servers/detail and GET /servers/{id}. */
export function renderServer(view: InstanceView, context: ServerContext) {
  const { instance, host, shown } = view;
  return {
    id: instance.id,
    name: instance.name,
    status: statusOf(instance.vmState, instance.taskState),
    tenant_id: instance.projectId,
    user_id: instance.userId,
    metadata: instance.metadata,
    hostId: hostIdOf(instance.projectId, host?.name),
    image: renderImage(instance.imageId, context),
    flavor: renderFlavor(instance, context),
    created: renderTime(instance.createdAt),
    updated: renderTime(instance.updatedAt),
    addresses: renderAddresses(view.nics),
    accessIPv4: '',
    accessIPv6: '',
    links: serverLinks(context.base, instance.id),
    'OS-DCF:diskConfig': 'MANUAL',
    ...renderProgress(instance),
    'OS-EXT-AZ:availability_zone': host?.availabilityZone ?? instance.availabilityZone ?? '',
    config_drive: instance.configDrive ? 'True' : '',
    key_name: instance.keyName,
    'OS-SRV-USG:launched_at': instance.launchedAt ? renderTime(instance.launchedAt, 'micro') : null,
    'OS-SRV-USG:terminated_at': instance.deletedAt ? renderTime(instance.deletedAt, 'micro') : null,
    security_groups: groupsOf(view.nics),
    'OS-EXT-STS:task_state': instance.taskState,
    'OS-EXT-STS:vm_state': instance.vmState,
    'OS-EXT-STS:power_state': instance.powerState,
    'os-extended-volumes:volumes_attached': [],
    ...renderFault(instance, shown.failures),
    ...(shown.attributes ? renderExtended(view, context.version) : {}),
    ...(context.version >= 16 && shown.hostStatus ? { host_status: host?.status ?? '' } : {}),
    ...renderNewerFields(view, context),
  };
}

/** Nova API: hostId: stable for a project and a host, and tells neither (Nova: generate_hostid). */
export function hostIdOf(projectId: string, hostName: string | undefined): string {
  return hostName ? createHash('sha224').update(`${projectId}${hostName}`).digest('hex') : '';
}

/** Nova API: addresses, by the network's name. */
export function renderAddresses(nics: InstanceNicView[]) {
  const byNetwork = Map.groupBy(nics, (nic) => nic.networkName);
  return Object.fromEntries(
    [...byNetwork].map(([name, ofNetwork]) => [
      name,
      ofNetwork.flatMap((nic) =>
        nic.fixedIps.map((ip) => ({
          version: ip.version,
          addr: ip.ip_address,
          'OS-EXT-IPS:type': 'fixed',
          'OS-EXT-IPS-MAC:mac_addr': nic.mac,
        })),
      ),
    ]),
  );
}

/** Nova API: security_groups: the names of the groups of its ports. */
const groupsOf = (nics: InstanceNicView[]) =>
  [...new Set(nics.flatMap(({ securityGroups }) => securityGroups))].map((name) => ({ name }));

/** Nova API: image; an empty string where the server was made without one. */
function renderImage(imageId: string | null, { base }: ServerContext) {
  return imageId === null ? '' : { id: imageId, links: [imageBookmark(base, imageId)] };
}

/** Nova API: flavor; an instance that another face made without one shows its resources under an empty name. */
function renderFlavor({ flavor, vcpus, memoryMb, diskGb }: Instance, { version, base }: ServerContext) {
  if (version < 47) return { id: flavor?.id ?? '', links: flavor ? [flavorBookmark(base, flavor.id)] : [] };
  return {
    vcpus,
    ram: memoryMb,
    disk: diskGb,
    ephemeral: 0,
    swap: 0,
    original_name: flavor?.name ?? '',
    extra_specs: flavor?.extraSpecs ?? {},
  };
}

/** Nova API: progress, which Nova shows only in states that may have some. */
function renderProgress(instance: Instance) {
  const status = statusOf(instance.vmState, instance.taskState);
  const shown = ['ACTIVE', 'BUILD', 'REBUILD', 'RESIZE', 'VERIFY_RESIZE', 'MIGRATING'].includes(status);
  return shown ? { progress: 0 } : {};
}

/** Nova API: fault. Hosts, paths and logs are for administrators (OSSA-2019-003). */
function renderFault({ vmState, fault }: Instance, whole: boolean) {
  if (!fault || (vmState !== 'error' && vmState !== 'deleted')) return {};
  const { code, created, message, details = message } = fault;
  if (whole) return { fault: { code, created, message, details } };
  return { fault: { code, created, message: publicFailure(fault) } };
}

function renderExtended({ instance, host }: InstanceView, version: Microversion) {
  return {
    'OS-EXT-SRV-ATTR:host': host?.name ?? null,
    'OS-EXT-SRV-ATTR:instance_name': instance.id,
    'OS-EXT-SRV-ATTR:hypervisor_hostname': host?.name ?? null,
    ...(version >= 3 && {
      'OS-EXT-SRV-ATTR:reservation_id': reservationOf(instance.id),
      'OS-EXT-SRV-ATTR:launch_index': 0,
      'OS-EXT-SRV-ATTR:hostname': instance.hostname,
      'OS-EXT-SRV-ATTR:kernel_id': '',
      'OS-EXT-SRV-ATTR:ramdisk_id': '',
      'OS-EXT-SRV-ATTR:root_device_name': '/dev/root',
      'OS-EXT-SRV-ATTR:user_data': instance.userData,
    }),
  };
}

function renderNewerFields({ instance, shown }: InstanceView, { version }: ServerContext) {
  return {
    ...(version >= 9 && { locked: false }),
    ...(version >= 19 && { description: instance.description }),
    ...(version >= 26 && { tags: instance.tags }),
    ...(version >= 63 && { trusted_image_certificates: null }),
    ...(version >= 73 && { locked_reason: null }),
    ...(version >= 90 && !shown.attributes && { 'OS-EXT-SRV-ATTR:hostname': instance.hostname }),
  };
}
