import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ForwardingEntry } from '#generated/lxstack/agent/v1/types';
import { checkEntry, diffForwarding } from './forwarding.js';

const [A, B] = ['fa:16:3e:00:00:0a', 'fa:16:3e:00:00:0b'];
const HERE = '10.213.0.11';
const entry = (mac: string, vtep: string, ...addresses: string[]): ForwardingEntry => ({ mac, vtep, addresses });
const present = (...entries: ForwardingEntry[]) => new Map(entries.map((one) => [one.mac, one]));
const change = (entries: ForwardingEntry[], removedMacs: string[] = [], complete = false) => ({
  entries,
  removedMacs,
  complete,
});

describe('what changes in the kernel when the control plane tells where ports are', () => {
  it('has no lines where no entry changes', () => {
    const known = entry(A, '10.213.0.12', '10.1.0.5');
    const { bridge, ip, next } = diffForwarding(7, HERE, present(known), change([known]));
    assert.deepEqual([bridge, ip], [[], []]);
    assert.deepEqual(next, present(known));
  });

  it('is the way to its host and the answer to ARP for a new port', () => {
    const { bridge, ip } = diffForwarding(7, HERE, present(), change([entry(A, '10.213.0.12', '10.1.0.5')]));
    assert.deepEqual(bridge, [
      `fdb replace ${A} dev lxv7 self static dst 10.213.0.12`,
      `fdb replace ${A} dev lxv7 master static`,
    ]);
    assert.deepEqual(ip, [`neigh replace 10.1.0.5 lladdr ${A} dev lxb7 nud permanent`]);
  });

  it('is one replacement for a port that moved to another host', () => {
    const before = present(entry(A, '10.213.0.12'), entry(B, '10.213.0.12'));
    const { bridge } = diffForwarding(7, HERE, before, change([entry(A, '10.213.0.13')]));
    assert.ok(bridge.every((line) => line.startsWith(`fdb replace ${A} `)));
    assert.equal(bridge.length, 2);
  });

  it('is the removal of every entry for a port that is here now, also of one that nobody remembers', () => {
    for (const before of [present(entry(A, '10.213.0.12')), present()]) {
      const { bridge, next } = diffForwarding(7, HERE, before, change([entry(A, HERE)]));
      assert.deepEqual(bridge, [`fdb del ${A} dev lxv7 self`, `fdb del ${A} dev lxv7 master`]);
      assert.equal(next.size, 0);
    }
  });

  it('leaves other entries alone, unless the list is complete', () => {
    const before = present(entry(A, '10.213.0.12', '10.1.0.5'), entry(B, '10.213.0.13'));
    const some = diffForwarding(7, HERE, before, change([entry(B, '10.213.0.13')]));
    assert.deepEqual([...some.next.keys()], [A, B]);
    const all = diffForwarding(7, HERE, before, change([entry(B, '10.213.0.13')], [], true));
    assert.deepEqual([...all.next.keys()], [B]);
    assert.deepEqual(all.bridge, [`fdb del ${A} dev lxv7 self`, `fdb del ${A} dev lxv7 master`]);
    assert.deepEqual(all.ip, ['neigh replace 10.1.0.5 dev lxb7 nud failed', 'neigh del 10.1.0.5 dev lxb7']);
  });

  it('refuses what is no MAC, VTEP or address', () => {
    assert.throws(() => checkEntry(entry('fa:16:3E:00:00:0a', HERE)), /entries.mac/);
    assert.throws(() => checkEntry(entry(A, 'h2')), /entries.vtep/);
    assert.throws(() => checkEntry(entry(A, HERE, '10.1.0.5; reboot')), /entries.addresses/);
  });
});
