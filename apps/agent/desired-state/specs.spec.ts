import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DesiredDocument } from './document.js';
import { DesiredSpecs } from './specs.js';

test('a call overrules the document while no control plane tells of changes, and the document knows of it', () => {
  const document = new DesiredDocument();
  const specs = new DesiredSpecs(document);
  document.followed = true;
  assert.equal(specs.overrule(), false);
  assert.equal(document.overruled, false);
  document.followed = false;
  assert.equal(specs.overrule(), true);
  assert.equal(document.overruled, true, 'so that the look for drift does not take it back');
});
