import assert from 'node:assert/strict';
import type { Guests } from './guests.js';
import type { Underway, Workload } from './workload.js';

const CONNECTIONS = 32;
/** The clients' ends of the connections that are open. */
const peers = "ss --no-header --tcp --numeric state established '( sport = :80 )' | awk '{ print $4 }' | sort";

export const nginx: Workload = {
  name: 'nginx under wrk with keep-alive',
  async start(guests: Guests): Promise<Underway> {
    await guests.inMoved('rm -f /var/log/nginx/access.log && systemctl start nginx');
    const options = ['-t', '2', '-c', String(CONNECTIONS), '-d', '24h', '--timeout', '10m'];
    const wrk = guests.program('INT', 'wrk', ...options, `http://${guests.address}/`);
    await guests.inMoved(`until [ "$(${peers} | wc -l)" -eq ${CONNECTIONS} ]; do sleep 0.1; done`);
    const before = await guests.inMoved(peers);
    return {
      async end() {
        assert.equal(await guests.inMoved(peers), before, 'the connections are the same');
        const said = await wrk.end();
        const requests = Number(/(\d+) requests in/.exec(said)?.[1]);
        assert.ok(requests > 0, said);
        assert.doesNotMatch(said, /Socket errors|Non-2xx/);
        const [all, bad] = (await guests.inMoved(logged)).trim().split(' ').map(Number);
        assert.ok(all! >= requests, `${all} requests in the log, ${requests} answered`);
        assert.equal(bad, 0, 'requests with another status than 200');
        await guests.inMoved('systemctl stop nginx && rm /var/log/nginx/access.log');
        return `${requests} requests on ${CONNECTIONS} connections, none failed`;
      },
    };
  },
};

/** Requests, and those with another status than 200. */
const logged = `awk '$9 != 200 { bad++ } END { print NR, bad + 0 }' /var/log/nginx/access.log`;
