// Circles of imports: no file may need itself. Layers (who may import whom) are held by eslint.config.js.
export default {
  forbidden: [
    {
      name: 'no-circle',
      comment: 'A file must not need itself by way of others: move what both need to a file of its own.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'fleet-knows-no-moves',
      comment: 'Moves build on the fleet (libs/mobility imports libs/fleet), never the other way round.',
      severity: 'error',
      from: { path: '^libs/fleet/' },
      to: { path: '^libs/mobility/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.imports.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(node_modules|dist)/' },
  },
};
