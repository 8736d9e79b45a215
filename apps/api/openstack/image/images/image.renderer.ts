import type { Image } from '#libs/images/image.entity';

const time = (at: Date) => at.toISOString().replace(/\.\d+Z$/, 'Z');

/** Glance API: image. `os_hash_sha256` is an addition: the name of the data in the blob store and on hosts. */
export function renderImage(image: Image) {
  return {
    ...image.properties,
    id: image.id,
    name: image.name,
    status: image.status,
    visibility: image.visibility,
    owner: image.projectId,
    size: image.size,
    virtual_size: null,
    checksum: image.checksum,
    os_hash_algo: image.sha512 ? 'sha512' : null,
    os_hash_value: image.sha512,
    ...(image.sha256 ? { os_hash_sha256: image.sha256 } : {}),
    os_hidden: image.hidden,
    container_format: image.containerFormat,
    disk_format: image.diskFormat,
    min_disk: image.minDisk,
    min_ram: image.minRam,
    protected: image.protected,
    tags: image.tags,
    created_at: time(image.createdAt),
    updated_at: time(image.updatedAt),
    self: `/v2/images/${image.id}`,
    file: `/v2/images/${image.id}/file`,
    schema: '/v2/schemas/image',
  };
}
