import assert from 'node:assert/strict';
import type { Guests } from './guests.js';
import type { Underway, Workload } from './workload.js';

export const redis: Workload = {
  name: 'Redis with a pipelined counter',
  async start(guests: Guests): Promise<Underway> {
    await guests.inMoved('systemctl start redis-server && redis-cli flushall');
    const counter = guests.program('TERM', '/usr/bin/node', '/srv/counter.js', guests.address);
    return {
      async end() {
        const said = (await counter.end()).trim();
        const found = (await guests.inMoved('redis-cli get counter')).trim();
        assert.equal(said, `counted to ${found}`);
        await guests.inMoved('systemctl stop redis-server && rm -rf /var/lib/redis/*');
        return `${said}, each number once`;
      },
    };
  },
};
