import { dirname, join } from 'node:path';
import { archive, unpack } from './archive.js';
import { addPackages, putFiles } from './debian-root.js';
import type { DebianRecipe } from './debian-root.js';

/** Makes the archive `file` of another guest's archive `from`: with more packages, files and links of the same release. */
export async function extend(from: string, recipe: DebianRecipe, file: string, logFile: string): Promise<void> {
  const root = join(dirname(file), 'root');
  await unpack(from, root);
  await addPackages(root, recipe, logFile);
  await putFiles(root, recipe);
  await archive(root, file);
}
