import assert from 'node:assert/strict';
import type { Guests } from './guests.js';
import type { Underway, Workload } from './workload.js';

/** Of each transaction, a row of the history and three balances, so all that was committed is there once. */
const sums = `select count(*), sum(delta) - (select sum(abalance) from pgbench_accounts),
  sum(delta) - (select sum(tbalance) from pgbench_tellers), sum(delta) - (select sum(bbalance) from pgbench_branches)
  from pgbench_history`;

export const postgresql: Workload = {
  name: 'PostgreSQL under pgbench -c 8',
  async start(guests: Guests): Promise<Underway> {
    await guests.inMoved(
      'systemctl start postgresql@17-main && su postgres -c "dropdb --if-exists bench && createdb bench"',
    );
    const pgbench = ['/usr/lib/postgresql/17/bin/pgbench', '-h', guests.address, '-U', 'postgres'];
    await guests.inClient([...pgbench, '-q', '-i', '-s', '8', 'bench'].join(' '));
    // It ends at its time by SIGALRM, after the transactions under way.
    const bench = guests.program('ALRM', ...pgbench, '-c', '8', '-j', '2', '-T', '86400', 'bench');
    return {
      async end() {
        const said = await bench.end();
        const transactions = number(said, /transactions actually processed: (\d+)/);
        assert.equal(number(said, /failed transactions: (\d+)/), 0);
        assert.ok(transactions > 0);
        const found = await guests.inMoved(`su postgres -c "psql -At bench" <<<'${sums}'`);
        assert.equal(found.trim(), `${transactions}|0|0|0`);
        await guests.inMoved('su postgres -c "dropdb bench" && systemctl stop postgresql@17-main');
        return `${transactions} transactions, none failed, all there`;
      },
    };
  },
};

function number(said: string, pattern: RegExp): number {
  const found = pattern.exec(said);
  assert.ok(found, said);
  return Number(found[1]);
}
