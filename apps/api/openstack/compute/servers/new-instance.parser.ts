import type { NewInstance } from '#libs/compute/instances/create/new-instance';
import { InputError } from '#apps/api/http/input/input-error';
import { BadRequestError } from '../http/bad-request.error.js';
import type { Microversion } from '../http/microversion.js';
import { metadataOf, requestedNetworks, schedulerHintsOf } from './create-server.dto.js';
import type { CreateServerDto } from './create-server.dto.js';

/** What a POST /servers asks for whose body was checked. Throws InputError, BadRequestError. */
export function newInstanceOf(dto: CreateServerDto, body: Record<string, unknown>, version: Microversion): NewInstance {
  refuseVolumes(dto.block_device_mapping_v2 ?? [], dto.imageRef);
  refuseUndelivered(dto);
  if (dto.personality?.length) throw new InputError('personality', '…', 'files cannot be put into an instance');
  if (dto.host && dto.hypervisor_hostname && dto.host !== dto.hypervisor_hostname)
    throw new BadRequestError(`No valid host was found: ${dto.hypervisor_hostname} is not a node of ${dto.host}.`);
  const networks = requestedNetworks(dto.networks, version);
  const minCount = dto.min_count ?? 1;
  return {
    name: dto.name.trim(),
    hostname: dto.hostname,
    imageId: dto.imageRef,
    flavorId: dto.flavorRef,
    networks:
      typeof networks === 'string'
        ? networks
        : networks.map(({ uuid, port, fixed_ip }) => ({
            networkId: uuid,
            portId: port ?? undefined,
            fixedIp: fixed_ip,
          })),
    metadata: metadataOf(dto.metadata),
    tags: dto.tags ?? [],
    keyName: dto.key_name ?? null,
    userData: dto.user_data ?? null,
    configDrive: dto.config_drive === true,
    securityGroups: (dto.security_groups ?? []).map(({ name }) => name),
    description: dto.description ?? null,
    availabilityZone: dto.availability_zone ?? null,
    requestedHost: dto.host ?? dto.hypervisor_hostname ?? null,
    schedulerHints: schedulerHintsOf(
      body['os:scheduler_hints'] ?? body['OS-SCH-HNT:scheduler_hints'] ?? dto['OS-SCH-HNT:scheduler_hints'],
    ),
    minCount,
    maxCount: dto.max_count ?? minCount,
  };
}

/** Throws InputError for a password: nothing would put it into the guest. */
export function refuseUndelivered(
  dto: Partial<Pick<CreateServerDto, 'adminPass' | 'trusted_image_certificates'>>,
): void {
  if (dto.adminPass !== undefined)
    throw new InputError('adminPass', '…', 'no password can be set: a server is reached by what its image offers');
  if (dto.trusted_image_certificates?.length)
    throw new InputError('trusted_image_certificates', '…', 'signatures of images are not checked');
}

/**
 * Clients describe the image's own disk as a block device; that is accepted. Anything else would need volumes. Throws
 * BadRequestError.
 */
function refuseVolumes(devices: unknown[], imageRef: string): void {
  for (const device of devices as Record<string, unknown>[]) {
    const isImage = device?.source_type === 'image' && device.destination_type === 'local' && device.uuid === imageRef;
    if (!isImage)
      throw new InputError(
        'block_device_mapping_v2',
        device,
        'only the image itself is supported: there are no volumes',
      );
  }
}
