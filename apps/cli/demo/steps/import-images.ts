import type { DemoStep } from '../step.js';

export const importImages: DemoStep = {
  name: 'images',
  title: 'Import two images through Glance',
  needs: [],
  async run(demo) {
    const told: string[] = [];
    for (const [name, file] of Object.entries(demo.fleet.images)) {
      const found = await demo.images.find(name);
      const image = found ?? (await demo.images.upload(name, file));
      demo.imageIds.set(name, image.id);
      told.push(`${name} ${((image.size ?? 0) / 1e6).toFixed(0)} MB${found ? ' (there already)' : ''}`);
    }
    return told.join(', ');
  },
};
