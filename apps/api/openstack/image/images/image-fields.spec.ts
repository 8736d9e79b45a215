import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidInputError } from '#libs/common/errors';
import { applyPatch, newFields, parseImage } from './image-fields.js';

const refused = (work: () => unknown, field: string) =>
  assert.throws(work, (error) => error instanceof InvalidInputError && error.field === field);

test('a field without a column is a property', () => {
  const { fields } = parseImage({ name: 'x', min_ram: 64, os_distro: 'debian', owner: 'ignored' });
  assert.equal(fields.minRam, 64);
  assert.deepEqual(fields.properties, { os_distro: 'debian' });
});

test('read-only and wrong fields are refused by name', () => {
  for (const field of ['status', 'size', 'checksum', 'os_hash_sha256'])
    refused(() => parseImage({ [field]: 'x' }), field);
  refused(() => parseImage({ disk_format: 'floppy' }), 'disk_format');
  refused(() => parseImage({ protected: 'yes' }), 'protected');
  refused(() => parseImage({ id: 'x' }), 'id');
  refused(() => parseImage({ os_distro: 7 }), 'os_distro');
});

test('a patch adds, replaces and removes properties and replaces fields', () => {
  const present = { ...newFields(), name: 'old', properties: { a: '1', b: '2' } };
  const fields = applyPatch(present, [
    { op: 'replace', path: '/name', value: 'new' },
    { op: 'add', path: '/c~1d', value: '3' },
    { op: 'remove', path: '/a' },
  ]);
  assert.equal(fields.name, 'new');
  assert.deepEqual(fields.properties, { b: '2', 'c/d': '3' });
  assert.deepEqual(present.properties, { a: '1', b: '2' });
  refused(() => applyPatch(present, [{ op: 'replace', path: '/none', value: 'x' }]), 'none');
  refused(() => applyPatch(present, [{ op: 'remove', path: '/name' }]), 'name');
  refused(() => applyPatch(present, [{ op: 'move', path: '/name' }]), 'op');
  refused(() => applyPatch(present, {}), 'body');
});
