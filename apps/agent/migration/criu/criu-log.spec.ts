import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { criuVerdict, keepBounded, keepLog, verdictOf } from './criu-log.js';

const LOG = `(00.000001) Warn  (criu/kerndat.c:1): nothing
(00.000002) Error (criu/util.c:9): Can't set RLIMIT_NOFILE
(00.010000) Error (criu/mem.c:12): ghost file too big
(00.020000) Error (criu/cr-dump.c:90): Dump pages failed
${'(00.030000) unlocking\n'.repeat(20)}(00.040000) Error (criu/cr-dump.c:2128): Dumping FAILED.
`;

test('the first errors of a CRIU log are the cause, and the excerpt has them before the last lines', () => {
  const { cause, excerpt } = verdictOf(LOG);
  assert.equal(cause, 'Error (criu/mem.c:12): ghost file too big; Error (criu/cr-dump.c:90): Dump pages failed');
  assert.match(excerpt[0]!, /ghost file/);
  assert.match(excerpt.at(-1)!, /Dumping FAILED/);
  assert.equal(excerpt.filter((line) => line.includes('FAILED')).length, 1);
});

test('a long log is kept with its beginning and its end, one per instance', async (context) => {
  const directory = await mkdtemp(join(tmpdir(), 'criu-log-'));
  context.after(() => rm(directory, { recursive: true }));
  await mkdir(join(directory, 'images'));
  await writeFile(join(directory, 'images', 'dump.log'), `first\n${'x'.repeat(3 << 20)}\nError last\n`);
  const verdict = await criuVerdict(directory, 'dump.log');
  assert.equal(verdict.cause, 'Error last');
  const path = join(directory, 'dump.log');
  await keepLog(path, verdict);
  await keepLog(path, verdict);
  const text = await readFile(path, 'utf8');
  assert.ok(text.startsWith('first\n') && text.endsWith('Error last\n'));
  assert.ok(text.length < (1 << 20) + 100);
});

test('a host keeps the logs of the last 20 failed restores', async (context) => {
  const directory = await mkdtemp(join(tmpdir(), 'criu-log-'));
  context.after(() => rm(directory, { recursive: true }));
  for (let i = 0; i < 25; i++) await keepBounded(join(directory, `${i}.log`), { cause: '', excerpt: [], text: 'x' });
  const names = await readdir(directory);
  assert.equal(names.length, 20);
  assert.ok(names.includes('24.log'));
});
