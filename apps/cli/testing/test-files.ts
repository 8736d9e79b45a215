import { globSync } from 'node:fs';
import { join } from 'node:path';

const kinds = {
  unit: '{apps,libs,migrations,test}/**/*.spec.ts',
  integration: 'test/integration/**/*.test.ts',
  e2e: 'test/{e2e,witness}/**/*.e2e.ts',
  /** Those of e2e that look at what depends on where a host keeps its disks. */
  disks: 'test/e2e/disks/**/*.e2e.ts',
  chaos: 'test/chaos/**/*.chaos.ts',
  upgrade: 'test/upgrade/**/*.upgrade.ts',
};

export type TestKind = keyof typeof kinds;

/** Built files of a kind. Found by their sources: dist may still hold a test whose source is gone. */
export function testFiles(repository: string, kind: TestKind): string[] {
  return globSync(kinds[kind], { cwd: repository })
    .sort()
    .map((source) => join(repository, 'dist', source.replace(/\.ts$/, '.js')));
}
