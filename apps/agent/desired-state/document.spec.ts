import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DesiredResource } from '#generated/lxstack/agent/v1/desired_state';
import { createLogger } from '#libs/common/logger';
import { DesiredDocument } from './document.js';
import { DocumentFile } from './document-file.js';

const logger = createLogger('test');
logger.level = 'silent';

const network = (id: string): DesiredResource => ({
  id,
  body: { $case: 'network', value: { vni: 1, mtu: 1450, adminStateUp: true } },
});
const peer = (id: string, networkId: string, mac = `mac-${id}`): DesiredResource => ({
  id,
  body: { $case: 'peer', value: { networkId, mac, addresses: [`ip-${id}`], vtep: 'v' } },
});
const port = (id: string, networkId: string): DesiredResource => ({
  id,
  body: {
    $case: 'port',
    value: { networkId, mac: 'm', addresses: [], portSecurity: true, adminStateUp: true, hostname: '', deviceIndex: 0 },
  },
});

test('a whole document replaces what was there and says which resources are gone', () => {
  const document = new DesiredDocument();
  document.apply('1', [network('a'), network('b'), peer('p', 'a'), port('q', 'b')], [], true);
  const touched = document.apply('2', [network('b'), peer('r', 'b')], [], true);
  assert.deepEqual([...touched.gone], ['a']);
  assert.deepEqual(document.content(), { revision: '2', resources: [network('b'), peer('r', 'b')] });
});

test('a removed network removes all that belongs to it, and resources of an absent network are dropped', () => {
  const document = new DesiredDocument();
  document.apply('1', [peer('p', 'a'), network('a'), port('q', 'a')], [], true);
  assert.equal(document.content().resources.length, 3, 'whatever the order in one change');
  document.apply('2', [peer('r', 'a')], [{ kind: 'network', id: 'a' }], false);
  assert.deepEqual(document.content().resources, []);
});

test('the MAC of a removed peer, or of one that has another MAC, is gone', () => {
  const document = new DesiredDocument();
  document.apply('1', [network('a'), peer('p', 'a', 'old'), peer('q', 'a', 'gone')], [], true);
  const touched = document.apply('2', [peer('p', 'a', 'new')], [{ kind: 'peer', id: 'q' }], false);
  assert.deepEqual([...touched.goneMacs.get('a')!].sort(), ['gone', 'old']);
  assert.deepEqual([...(touched.peers.get('a') as Set<string>)], ['p']);
});

test('a change applied twice is the same as once, and changes one by one are the same as all together', () => {
  const resource = fc.oneof(
    fc.constantFrom('a', 'b').map(network),
    fc.tuple(fc.constantFrom('p', 'q', 'r'), fc.constantFrom('a', 'b')).map(([id, net]) => peer(`${net}${id}`, net)),
    fc.tuple(fc.constantFrom('p', 'q'), fc.constantFrom('a', 'b')).map(([id, net]) => port(`${net}${id}`, net)),
  );
  const sorted = (document: DesiredDocument) =>
    document
      .content()
      .resources.map((one) => JSON.stringify(one))
      .sort();
  fc.assert(
    fc.property(fc.array(resource, { maxLength: 12 }), fc.array(resource, { maxLength: 6 }), (first, second) => {
      const [once, twice] = [new DesiredDocument(), new DesiredDocument()];
      for (const document of [once, twice]) {
        document.apply('1', [network('a'), ...first], [], true);
        document.apply('2', second, [], false);
      }
      twice.apply('2', second, [], false);
      assert.deepEqual(sorted(twice), sorted(once));
      const whole = new DesiredDocument();
      whole.apply('3', once.content().resources, [], true);
      assert.deepEqual(sorted(whole), sorted(once));
    }),
  );
});

test('it is on disk as a whole, and one that is broken there is none', async (context) => {
  const directory = await mkdtemp(join(tmpdir(), 'lx-desired-'));
  context.after(() => rm(directory, { recursive: true }));
  const file = new DocumentFile(directory, logger);
  const document = new DesiredDocument();
  document.apply('7', [network('a'), peer('p', 'a')], [], true);
  await file.write(document);
  const read = new DesiredDocument();
  await new DocumentFile(directory, logger).readInto(read);
  assert.deepEqual(read.content(), document.content());
  const path = join(directory, 'desired-state.json');
  await writeFile(path, (await readFile(path, 'utf8')).slice(0, -5));
  const broken = new DesiredDocument();
  await new DocumentFile(directory, logger).readInto(broken);
  assert.equal(broken.revision, '', 'the whole is asked for');
});
