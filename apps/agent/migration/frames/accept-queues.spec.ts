import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inFlightOf } from './accept-queues.js';

test('connections not accepted yet are counted by port, handshakes under way of either side by themselves; established ones by neither', () => {
  const rest = '00:00000000 00000000     0        0 1 1 0 100 0 0 10 0';
  const { waiting, halfMade, asking } =
    inFlightOf(`  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt
   0: 00000000:1F47 00000000:0000 0A 00000000:00000003 ${rest}
   1: 00000000:0016 00000000:0000 0A 00000000:00000000 ${rest}
   2: 0A1E00AC:1F47 0A1E0002:CF12 01 00000000:00000010 ${rest}
   3: 0A1E00AC:1F47 0A1E0002:CF14 03 00000000:00000000 ${rest}
   5: 0A1E00AC:9F47 0A1E0002:CF16 02 00000001:00000000 ${rest}
   4: 00000000000000000000000000000000:1F47 00000000000000000000000000000000:0000 0A 00000000:0000000A ${rest}
`);
  assert.deepEqual([...waiting], [[0x1f47, 13]]);
  assert.deepEqual([halfMade, asking], [1, 1]);
});

test('a connection of the namespace to itself counts while it has something to send', () => {
  const rest = '00:00000000 00000000     0        0 1 1 0 100 0 0 10 0';
  const lines = (queue: string) => `   0: 0100007F:1F47 0100007F:CF12 01 00000000:00000010 ${rest}
   1: 0100007F:CF12 0100007F:1F47 01 ${queue}:00000000 ${rest}
   2: 0A1E00AC:1F47 0A1E0002:CF12 01 00000009:00000000 ${rest}
`;
  assert.deepEqual([inFlightOf(lines('0000029F')).unsent, inFlightOf(lines('00000000')).unsent], [1, 0]);
});
