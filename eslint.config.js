import tseslint from 'typescript-eslint';

// Who may import whom (ARCHITECTURE.md, "Layers"). Each layer lists the folders of ours it may name;
// everything crossing a folder goes by `#libs/…` or `#apps/…`, so a pattern is enough to hold the line.
const domain = ['identity', 'fleet', 'scheduling', 'compute', 'images', 'networking', 'mobility'];
const libs = (...names) => names.map((name) => `#libs/${name}/`);
const layers = {
  'libs/common': [],
  'libs/database': libs('common'),
  'libs/policy': libs('common'),
  'libs/agent-protocol': ['#generated/', ...libs('common')],
  'libs/operations': libs('common', 'database', 'policy'),
  'libs/retention': libs('common', 'database'),
  'libs/storage': libs('common', 'database'),
  'libs/scheduling/core': ['type-only'],
  ...Object.fromEntries(
    domain.map((name) => [
      `libs/${name}`,
      ['#generated/', ...libs('common', 'policy', 'database', 'operations', 'agent-protocol', ...domain)],
    ]),
  ),
  'apps/agent': ['#apps/agent/', '#generated/', ...libs('common', 'agent-protocol')],
  'apps/worker': ['#apps/worker/', '#migrations/', '#libs/', '#generated/'],
  'apps/api': ['#apps/api/', '#migrations/', '#libs/', '#generated/'],
  'apps/cli': ['#apps/cli/', '#migrations/', '#libs/', '#generated/'],
  migrations: [],
};
const faces = ['openstack/identity', 'openstack/compute', 'openstack/image', 'openstack/network', 'fleet'];

const escape = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

function restrict(folder, allowed) {
  const own = folder.startsWith('libs/') ? [`#${folder}/`] : [];
  const names = [...allowed.filter((name) => name !== 'type-only'), ...own].map(escape);
  const regex = names.length ? `^#(?!${names.map((name) => name.slice(1)).join('|')})` : '^#';
  return {
    files: [`${folder}/**/*.ts`],
    ignores: folder === 'libs/scheduling' ? ['libs/scheduling/core/**'] : [],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex, message: `${folder} may not import this: see "Layers" in ARCHITECTURE.md` }] },
      ],
    },
  };
}

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'var/**', 'libs/agent-protocol/generated/**', '**/*.js'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-extraneous-class': 'off',
      'no-empty': ['error', { allowEmptyCatch: false }],
      eqeqeq: 'error',
      'prefer-const': 'error',
    },
  },
  {
    // node:test returns promises that its runner awaits.
    files: ['**/*.spec.ts', 'test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', package: 'node:test', name: ['test', 'it', 'describe', 'suite'] },
          ],
        },
      ],
    },
  },
  {
    // Settings are read once, in one module; the command line hands its environment on.
    files: ['apps/{agent,api,worker}/**/*.ts', 'libs/**/*.ts'],
    ignores: ['libs/common/settings/**', 'libs/common/config.ts', '**/*.spec.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'read libs/common/settings instead' },
      ],
    },
  },
  ...Object.entries(layers).map(([folder, allowed]) => restrict(folder, allowed)),
  // A face never imports another face.
  ...faces.map((face) =>
    restrict(`apps/api/${face}`, ['#libs/', '#generated/', '#apps/api/http/', `#apps/api/${face}/`]),
  ),
);
