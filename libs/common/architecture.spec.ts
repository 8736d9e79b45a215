import assert from 'node:assert/strict';
import { test } from 'node:test';
import { architectureOf, canonicalArchitecture } from './architecture.js';

test('an architecture has one name, however it is spelt', () => {
  for (const name of ['amd64', 'x64', 'x86_64', 'X86_64', 'x86-64'])
    assert.equal(canonicalArchitecture(name), 'x86_64');
  for (const name of ['arm64', 'aarch64', 'AArch64']) assert.equal(canonicalArchitecture(name), 'aarch64');
  assert.equal(canonicalArchitecture('riscv64'), 'riscv64');
});

test('an image says its architecture by either property, or not at all', () => {
  assert.equal(architectureOf({ architecture: 'amd64' }), 'x86_64');
  assert.equal(architectureOf({ hw_architecture: 'arm64' }), 'aarch64');
  assert.equal(architectureOf({}), null);
  assert.equal(architectureOf({ architecture: '' }), null);
});
