import assert from 'node:assert/strict';
import type { Guests } from './guests.js';
import type { Underway, Workload } from './workload.js';

/** Valid answers of the server so far (chronyc(1), ntpdata). */
const answers = `chronyc -n ntpdata | awk -F: '/^Total good RX/ { print $2 + 0 }'`;

export const chrony: Workload = {
  name: 'an NTP client (chrony)',
  throughout: true,
  async start(guests: Guests): Promise<Underway> {
    await guests.inClient('systemctl start chrony');
    // The packaged list of servers cannot be reached from here.
    const source = `server ${guests.clientAddress} iburst minpoll 0 maxpoll 0`;
    await guests.inMoved(
      `rm -f /etc/chrony/sources.d/* && sed -i '/^\\(pool\\|sourcedir \\/run\\)/d' /etc/chrony/chrony.conf &&
       rm /etc/chrony/conf.d/serves.conf && echo '${source}' >/etc/chrony/sources.d/client.sources &&
       systemctl start chrony && chronyc waitsync 300 0 0 1`,
    );
    return {
      async goesOn() {
        await guests.inMoved(`seen=$(${answers}); until [ "$(${answers})" -gt "$seen" ]; do sleep 0.2; done`);
        await guests.inMoved('chronyc waitsync 300 1 0 1');
      },
      async end() {
        const sources = await guests.inMoved('chronyc -n -c sources');
        assert.match(sources, new RegExp(`^\\^,\\*,${guests.clientAddress.replaceAll('.', '\\.')},`));
        return `${(await guests.inMoved(answers)).trim()} answers, synchronized`;
      },
    };
  },
};
