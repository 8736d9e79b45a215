import assert from 'node:assert/strict';
import type { Guests } from './guests.js';
import type { Underway, Workload } from './workload.js';

const log = '/var/log/minutes';

export const cron: Workload = {
  name: 'cron',
  throughout: true,
  async start(guests: Guests): Promise<Underway> {
    await guests.inMoved(`touch ${log} && systemctl start cron && until [ -s ${log} ]; do sleep 1; done`);
    return {
      async end() {
        await guests.inMoved(`seen=$(wc -l <${log}); until [ "$(wc -l <${log})" -gt "$seen" ]; do sleep 1; done`);
        const minutes = (await guests.inMoved(`cat ${log}`)).trim().split('\n').map(minuteOfDay);
        const wanted = minutes.map((_, index) => (minutes[0]! + index) % (24 * 60));
        assert.deepEqual(minutes, wanted, 'a run each minute, once');
        return `ran in each of ${minutes.length} minutes, once`;
      },
    };
  },
};

function minuteOfDay(time: string): number {
  const [hour, minute] = time.split(':').map(Number);
  return hour! * 60 + minute!;
}
