import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CompareDesiredStateResponse, NetworkComparison } from '#generated/lxstack/agent/v1/agent';
import { channelOptions } from '#libs/agent-protocol/credentials';
import { withinMessage } from './drift.js';

const comparison = (n: number, words: number, length: number) => {
  const differences = Array.from({ length: words }, () => 'x'.repeat(length));
  const found = differences.map((message) => ({ kind: 'forwarding', message }));
  return NetworkComparison.create({ networkId: `n${n}`, differences, mended: differences, found });
};

test('an answer holds as many networks as fit into a message, however much is wrong with them', () => {
  const all = Array.from({ length: 100 }, (_, n) => comparison(n, 100, 1_000));
  const page = withinMessage(all);
  assert.ok(page.length > 1 && page.length < all.length, `${page.length} networks`);
  const message = CompareDesiredStateResponse.encode({ revision: '', networks: page, nextPageToken: '' }).finish();
  assert.ok(message.length < channelOptions['grpc.max_receive_message_length']!);
  assert.deepEqual(
    page.map(({ networkId }) => networkId),
    all.slice(0, page.length).map(({ networkId }) => networkId),
    'the next page begins after them',
  );
  assert.equal(withinMessage([comparison(0, 100, 100_000), comparison(1, 1, 1)]).length, 1, 'a page is never empty');
  const little = all.slice(0, 3);
  assert.equal(withinMessage(little), little);
});
