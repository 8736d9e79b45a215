import { globSync } from 'node:fs';
import { join } from 'node:path';

const kinds = {
  unit: '{apps,libs,migrations,test}/**/*.spec.ts',
  integration: 'test/integration/**/*.test.ts',
  // Workloads have their own command (npm run workloads): they take as long as a third of the suite.
  e2e: 'test/{e2e,witness}/**/!(workloads).e2e.ts',
  /** Files of e2e for what depends on where a host keeps its disks. */
  disks: 'test/e2e/disks/**/*.e2e.ts',
  chaos: 'test/chaos/**/*.chaos.ts',
  upgrade: 'test/upgrade/**/*.upgrade.ts',
};

export type TestKind = keyof typeof kinds;

/** Built test files of a kind, found by their sources: dist may still have a test whose source is gone. */
export function testFiles(repository: string, kind: TestKind): string[] {
  return globSync(kinds[kind], { cwd: repository })
    .sort()
    .map((source) => join(repository, 'dist', source.replace(/\.ts$/, '.js')));
}
