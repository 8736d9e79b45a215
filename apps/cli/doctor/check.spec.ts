import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFit, renderFindings } from './check.js';

const finding = { what: 'CRIU', present: false, seen: 'not found', advice: 'install it', optional: false };

test('advice is printed for what is missing only', () => {
  assert.match(renderFindings([finding]), /MISSING CRIU .*\n.*install it/);
  assert.doesNotMatch(renderFindings([{ ...finding, present: true }]), /install it/);
});

test('a host is fit without what is optional only', () => {
  assert.equal(isFit([finding]), false);
  assert.equal(isFit([{ ...finding, optional: true }]), true);
});
