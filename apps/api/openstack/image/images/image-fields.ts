import { InvalidInputError } from '#libs/common/errors';
import type { Image } from '#libs/images/image.entity';
import type { ImageFields } from '#libs/images/images.service';

type Json = Record<string, unknown>;

/** Glance API: container_format; LXStack keeps the value and does not read it. */
export const containerFormats = ['ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed'];
/** Glance API: disk_format; LXStack keeps the value and does not read it. */
export const diskFormats = [
  'ami',
  'ari',
  'aki',
  'vhd',
  'vhdx',
  'vmdk',
  'raw',
  'qcow2',
  'vdi',
  'iso',
  'ploop',
  'root-tar',
];
/** Glance API: visibility. */
export const visibilities = ['public', 'private', 'shared', 'community'];

/** Fields that images show and clients cannot set. */
export const readOnly = [
  ...['status', 'size', 'checksum', 'created_at', 'updated_at', 'file', 'self', 'schema', 'direct_url', 'locations'],
  ...['virtual_size', 'os_hash_algo', 'os_hash_value', 'os_hash_sha256', 'stores', 'owner', 'id'],
];

const MAX_PROPERTIES = 128;

type Setter = (value: unknown) => Partial<ImageFields>;

/** The API's fields that have a column; every other field is a property. */
const setters: Record<string, Setter> = {
  name: (value) => ({ name: value === null ? null : text('name', value, 255) }),
  visibility: (value) => ({ visibility: choice('visibility', value, visibilities) as Image['visibility'] }),
  container_format: (value) => ({
    containerFormat: value === null ? null : choice('container_format', value, containerFormats),
  }),
  disk_format: (value) => ({ diskFormat: value === null ? null : choice('disk_format', value, diskFormats) }),
  min_disk: (value) => ({ minDisk: count('min_disk', value) }),
  min_ram: (value) => ({ minRam: count('min_ram', value) }),
  protected: (value) => ({ protected: truth('protected', value) }),
  os_hidden: (value) => ({ hidden: truth('os_hidden', value) }),
  tags: (value) => ({ tags: tagList(value) }),
};

/** The fields of an image of which the client says nothing. */
export const newFields = (): ImageFields => ({
  name: null,
  visibility: 'shared',
  containerFormat: null,
  diskFormat: null,
  minDisk: 0,
  minRam: 0,
  protected: false,
  hidden: false,
  properties: {},
  tags: [],
});

/** Sets one field of the API's image; undefined removes a property. Throws InvalidInputError. */
export function setField(fields: ImageFields, key: string, value: unknown): void {
  if (readOnly.includes(key)) throw new InvalidInputError(key, 'no value: it is read-only');
  const setter = Object.hasOwn(setters, key) ? setters[key] : undefined;
  if (setter) {
    Object.assign(fields, setter(value));
    return;
  }
  const properties = { ...fields.properties };
  delete properties[key];
  if (value !== undefined) properties[text('name of a property', key, 255)] = text(key, value, 65_535);
  if (Object.keys(properties).length > MAX_PROPERTIES)
    throw new InvalidInputError(key, `no more than ${MAX_PROPERTIES} properties`);
  fields.properties = properties;
}

/** Glance API: POST /v2/images. Throws InvalidInputError. */
export function parseImage(body: unknown): { id: string | undefined; fields: ImageFields } {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new InvalidInputError('body', 'a JSON object');
  const { id, ...rest } = body as Json;
  if (id !== undefined && !(typeof id === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)))
    throw new InvalidInputError('id', 'a UUID');
  const fields = newFields();
  for (const [key, value] of Object.entries(rest)) if (key !== 'owner') setField(fields, key, value);
  return { id, fields };
}

/** Glance API: application/openstack-images-v2.1-json-patch. Throws InvalidInputError. */
export function applyPatch(present: ImageFields, patch: unknown): ImageFields {
  if (!Array.isArray(patch)) throw new InvalidInputError('body', 'a list of JSON patch operations');
  const { name, visibility, containerFormat, diskFormat, minDisk, minRam, properties, tags } = present;
  const fields: ImageFields = {
    name,
    visibility,
    containerFormat,
    diskFormat,
    minDisk,
    minRam,
    properties,
    tags,
    protected: present.protected,
    hidden: present.hidden,
  };
  for (const change of patch as (Json | null)[]) {
    const { op, path, value } = change ?? {};
    const key = /^\/([^/]+)$/.exec(String(path))?.[1]?.replaceAll('~1', '/').replaceAll('~0', '~');
    if (key === undefined) throw new InvalidInputError('path', 'a path such as /name');
    if (op !== 'add' && op !== 'replace' && op !== 'remove')
      throw new InvalidInputError('op', 'add, replace or remove');
    if (op === 'remove' && Object.hasOwn(setters, key))
      throw new InvalidInputError(key, 'to stay: it cannot be removed');
    if (
      op !== 'add' &&
      !Object.hasOwn(setters, key) &&
      !readOnly.includes(key) &&
      !Object.hasOwn(fields.properties, key)
    )
      throw new InvalidInputError(key, 'a property the image has');
    setField(fields, key, op === 'remove' ? undefined : value);
  }
  return fields;
}

function text(field: string, value: unknown, length: number): string {
  if (typeof value !== 'string' || value.length > length)
    throw new InvalidInputError(field, `a string of at most ${length} characters`);
  return value;
}

function choice(field: string, value: unknown, choices: string[]): string {
  if (!choices.includes(value as string)) throw new InvalidInputError(field, `one of ${choices.join(', ')}`);
  return value as string;
}

function count(field: string, value: unknown): number {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 2 ** 31 - 1)
    throw new InvalidInputError(field, 'a non-negative integer');
  return value as number;
}

function truth(field: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new InvalidInputError(field, 'true or false');
  return value;
}

function tagList(value: unknown): string[] {
  if (!Array.isArray(value) || value.length > 128) throw new InvalidInputError('tags', 'a list of at most 128 strings');
  return [...new Set(value.map((tag) => text('tags', tag, 255)))];
}
