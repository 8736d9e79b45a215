import { globSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const LIBS = join(import.meta.dirname, '..');

/**
 * Every entity: what the files called `*.entity` under libs/ export. They are found by name, because this layer may not
 * import the layers above.
 */
export async function loadEntities(): Promise<NewableFunction[]> {
  const files = globSync('**/*.entity.js', { cwd: LIBS }).sort();
  const modules = await Promise.all(
    files.map((file) => import(pathToFileURL(join(LIBS, file)).href) as Promise<Record<string, unknown>>),
  );
  return modules.flatMap((module) => Object.values(module)).filter(isClass);
}

function isClass(value: unknown): value is NewableFunction {
  return typeof value === 'function' && value.prototype !== undefined;
}
