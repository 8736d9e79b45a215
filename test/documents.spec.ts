import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const repository = join(import.meta.dirname, '../..');
const documents = globSync('{*.md,{apps,libs,test}/**/*.md}', { cwd: repository }).sort();
const readmes = documents.filter((path) => path.endsWith('/README.md'));

/** A path in backticks, from the repository's root or (in a README) from the README's folder. */
const PATH = /`((?:\.\.?\/)*[\w.@-]+(?:\/[\w.@-]+)*\/?)`/g;
const ROOTS = /^(apps|libs|test|migrations|proto)\//;

test('every path that a document names is there', () => {
  const missing: string[] = [];
  for (const document of documents) {
    const own = join(repository, dirname(document));
    for (const [, path] of readFileSync(join(repository, document), 'utf8').matchAll(PATH)) {
      const named = ROOTS.test(path!) || (/\.(ts|md|sh|pl)$/.test(path!) && document !== 'README.md');
      if (!named) continue;
      const places = [join(repository, path!), join(own, path!)];
      const anywhere = !path!.includes('/') && globSync(`**/${path!}`, { cwd: own }).length > 0;
      if (!places.some((place) => existsSync(place)) && !anywhere) missing.push(`${document}: ${path!}`);
    }
  }
  assert.deepEqual(missing, []);
});

test('the README of a folder has fifteen lines at most', () => {
  const long = readmes.map((path) => [path, readFileSync(join(repository, path), 'utf8').trimEnd().split('\n').length]);
  assert.ok(readmes.length > 15);
  assert.deepEqual(
    long.filter(([, lines]) => Number(lines) > 15),
    [],
  );
});
