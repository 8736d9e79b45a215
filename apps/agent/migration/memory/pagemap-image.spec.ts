import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PageFlag, encodePagemap, parsePagemap, requireOwnPages, spread } from './pagemap-image.js';

const { lazy, present } = PageFlag;
const head = Buffer.from('1943565425400856', 'hex');

test('a pagemap is read as it was written, addresses beyond 32 bits too', () => {
  const image = {
    head,
    pagesId: 7,
    entries: [
      { vaddr: 0x1000, pages: 1, flags: present },
      { vaddr: 0x7ffff7a00000, pages: 300, flags: present | lazy },
    ],
  };
  assert.deepEqual(parsePagemap(encodePagemap(image)), image);
});

test('each page of a pages image is found at its own address, run by run', () => {
  const entries = [
    { vaddr: 0x400000, pages: 2, flags: present },
    { vaddr: 0x402000, pages: 1, flags: present | lazy },
    { vaddr: 0x7ffff7a00000, pages: 300, flags: present | lazy },
  ];
  const all = spread(entries, present);
  let offset = 0;
  for (const { vaddr, pages } of all) {
    assert.equal(vaddr, offset);
    assert.ok(pages > 0 && pages <= 2 ** 32 - 1);
    offset += pages * 4096;
  }
  assert.deepEqual(
    entries.filter((entry) => !all.includes(entry)),
    [],
  );
});

test('a pagemap that refers to a parent is refused: its pages are elsewhere', () => {
  const image = encodePagemap({ head, pagesId: 1, entries: [{ vaddr: 0x1000, pages: 1, flags: PageFlag.parent }] });
  assert.throws(() => requireOwnPages(parsePagemap(image)), /not in its image/);
});

test('an image that was cut short is an error', () => {
  const image = encodePagemap({ head, pagesId: 1, entries: [{ vaddr: 0x1000, pages: 1, flags: present }] });
  assert.throws(() => parsePagemap(image.subarray(0, image.length - 1)), /cut short/);
});
