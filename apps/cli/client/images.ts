import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { Api } from './api.js';

export interface Image {
  id: string;
  name: string;
  status: string;
  size: number | null;
  os_hash_value?: string;
}

const base = '/image/v2/images';

/** The part of Glance's API that the demo, the tests and the benchmarks use. */
export class Images {
  constructor(private readonly api: Api) {}

  /** The active image with this name, if there is one. */
  async find(name: string): Promise<Image | undefined> {
    const { images } = await this.api.call<{ images: Image[] }>('GET', `${base}?name=${name}`);
    return images.find((image) => image.status === 'active');
  }

  /** Creates the record, uploads the data (a file's path, or bytes) and returns the active image. */
  async upload(name: string, blob: string | Buffer, properties: Record<string, string> = {}): Promise<Image> {
    const record = { name, disk_format: 'raw', container_format: 'bare', visibility: 'public', ...properties };
    const { id } = await this.api.call<Image>('POST', base, record);
    await this.api.call(
      'PUT',
      `${base}/${id}/file`,
      typeof blob === 'string' ? createReadStream(blob) : Readable.from([blob]),
    );
    return this.api.call<Image>('GET', `${base}/${id}`);
  }

  /** The active image with this name; where there is none, `blob` is uploaded as it. */
  async ensure(
    name: string,
    blob: () => string | Buffer | Promise<string | Buffer>,
    properties: Record<string, string> = {},
  ): Promise<Image> {
    return (await this.find(name)) ?? (await this.upload(name, await blob(), properties));
  }

  /** Glance API: DELETE /images/{id}. */
  async remove(id: string): Promise<void> {
    await this.api.call('DELETE', `${base}/${id}`);
  }
}
