import type { ImageRef, InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { SHA256, requireName } from '#libs/common/names';
import { imagePlaceOf } from '../../images/id-maps.js';
import type { Images } from '../../images/image-cache.js';

/** Images of a simulated host, known by name; nobody fetches their data. */
export class SimulatedImages implements Images {
  private readonly present = new Set<string>();

  async ensure(image: ImageRef): Promise<boolean> {
    const sha256 = requireName('image.sha256', image.sha256, SHA256, '64 hex digits');
    const was = this.present.has(sha256);
    this.present.add(sha256);
    return was;
  }

  async use<T>(spec: InstanceSpec, work: (place: string) => Promise<T>): Promise<T> {
    if (spec.image) await this.ensure(spec.image);
    return work(imagePlaceOf(spec));
  }

  async evict(sha256: string): Promise<boolean> {
    return this.present.delete(sha256);
  }

  async dropOwn(): Promise<void> {}

  async prune(): Promise<void> {}
}
