import type { Guests } from './guests.js';
import type { Underway, Workload } from './workload.js';

export const ssh: Workload = {
  name: 'an interactive ssh session',
  async start(guests: Guests): Promise<Underway> {
    const typist = guests.program('TERM', '/usr/bin/node', '/srv/typist.js', guests.address);
    await guests.inMoved('until [ "$(ps -C bash -o tty= | grep -c pts)" -gt 0 ]; do sleep 0.1; done');
    return {
      async end() {
        return `${(await typist.end()).trim()} typed and answered by one shell`;
      },
    };
  },
};
