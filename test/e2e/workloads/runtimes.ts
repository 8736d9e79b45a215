import assert from 'node:assert/strict';
import { PingPongSession } from '#apps/cli/client/ping-pong-session';
import type { Guests } from './guests.js';
import type { Underway, Workload } from './workload.js';

const CONNECTIONS = 8;

/** A server of ours in a language of Debian's: it answers each line with itself, and has threads or timers that tick. */
function runtime(name: string, unit: string, port: number, ticking: number): Workload {
  return {
    name,
    async start(guests: Guests): Promise<Underway> {
      await guests.inMoved(`systemctl start ${unit}`);
      const ask = `exec 3<>/dev/tcp/${guests.address}/${port} && echo ticks >&3 && read -r answer <&3 && echo "$answer"`;
      await guests.inClient(`until (exec 3<>/dev/tcp/${guests.address}/${port}) 2>/dev/null; do sleep 0.2; done`);
      const { namespace } = guests.fleet.local.client;
      const session = await PingPongSession.open(namespace, guests.address, port, 10, 120_000, CONNECTIONS);
      return {
        async goesOn() {
          assert.equal((await guests.inClient(ask)).trim(), `ticks ${ticking}`);
        },
        async end() {
          const seen = await session.close();
          assert.ok(seen.open, seen.failure);
          await guests.inMoved(`systemctl stop ${unit}`);
          return `${seen.count} messages on ${CONNECTIONS} connections, none lost; ${ticking} threads and timers tick`;
        },
      };
    },
  };
}

export const java = runtime('OpenJDK with a hundred threads and timers', 'server-java', 8001, 200);
export const go = runtime('a Go server with a thousand goroutines', 'server-go', 8002, 1000);
export const node = runtime('a Node server with timers', 'server-node', 8003, 200);
