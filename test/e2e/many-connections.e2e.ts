import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf, hostOf } from '#apps/cli/client/compute';
import { PingPongSession } from '#apps/cli/client/ping-pong-session';
import { background } from './fleet/inside.js';
import { TestFleet } from './fleet/test-fleet.js';

const connections = 300;
const port = 8007;
/** A process that answers on every connection. */
const echo = `use IO::Socket; use IO::Select;
my $l = IO::Socket::INET->new(Listen => 128, LocalPort => ${port}, ReuseAddr => 1) or die;
my $s = IO::Select->new($l);
while (1) { for my $c ($s->can_read) {
  if ($c == $l) { $s->add($l->accept) }
  elsif (sysread($c, my $b, 4096)) { syswrite($c, $b) }
  else { $s->remove($c); close $c }
} }`;

test(`${connections} TCP connections to a systemd server: none is lost in live moves there and back, nor a message`, async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const server = await fleet.running('e2e-connections', 'debian');
  await background(fleet, server, 'perl', '-e', echo);
  const { address } = addressOf(server);
  const session = await PingPongSession.open(fleet.local.client.namespace, address, port, 500, 120_000, connections);
  const home = hostOf(server);
  await fleet.cloud.compute.movesLive(server.id);
  await fleet.cloud.compute.movesLive(server.id, home);
  const seen = await session.close();
  assert.ok(seen.open, seen.failure);
  context.diagnostic(`${seen.count} messages, longest gap ${seen.longestGapMs} ms`);
  await fleet.remove(server.id);
  await fleet.assertAudited();
});
