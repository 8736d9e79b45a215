import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOf, hostOf } from '#apps/cli/client/compute';
import { background, inside } from './fleet/inside.js';
import { TestFleet } from './fleet/test-fleet.js';
import { inClient } from './sockets/in-client.js';

const port = 8007;
const listen = `use IO::Socket; use IO::Select; my $l = IO::Socket::INET->new(Listen => 128, LocalPort => ${port}, ReuseAddr => 1) or die;`;
const accept = `my $s = IO::Select->new($l);
while (1) { for my $c ($s->can_read) {
  if ($c == $l) { $s->add($l->accept) }
  elsif (sysread($c, my $b, 4096)) { syswrite($c, $b) }
  else { $s->remove($c); close $c }
} }`;

/** Connects to the instance itself without end; writes to /tmp/own how many were answered, and what went wrong. */
const toItself = `use IO::Socket; my $ok = 0; my $why = '';
while (1) {
  my $c = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => ${port});
  eval { die "connect: $!" unless $c; local $SIG{ALRM} = sub { die 'no answer' }; alarm 10; syswrite($c, 'x');
    my $n; until (defined($n = sysread($c, my $b, 1))) { die "read: $!" unless $!{EINTR} } die 'closed' unless $n; alarm 0; $ok++ };
  $why .= $@; open(my $f, '>', '/tmp/own.new'); print $f "$ok $why"; close $f; rename('/tmp/own.new', '/tmp/own');
  select(undef, undef, undef, 0.002) }`;

test('connections that begin while a server moves, or fails to, are all answered', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { compute } = fleet.cloud;
  const server = await fleet.running('e2e-newcomers', 'debian');
  await background(fleet, server, 'perl', '-e', listen + accept);
  await background(fleet, server, 'perl', '-e', toItself);
  const [home, away] = [hostOf(server), await fleet.otherHost(hostOf(server))];
  const client = inClient(fleet, 'newcomers', addressOf(server).address, String(port));
  context.after(() => client.kill());
  await fleet.local.failRestores(away, true);
  context.after(() => fleet.local.failRestores(away, false));
  assert.equal((await compute.liveMigrate(server.id, away)).status, 'error');
  await fleet.local.failRestores(away, false);
  await compute.movesLive(server.id, away);
  await compute.movesLive(server.id, home);
  client.finish();
  const { count, failures } = JSON.parse(await client.line()) as { count: number; failures: string[] };
  assert.deepEqual(failures, []);
  const own = (await inside(fleet, server, 'cat', '/tmp/own')).trim();
  assert.match(own, /^\d+$/, 'its connections to itself too');
  context.diagnostic(`${count} connections, ${own} to itself`);
  await fleet.remove(server.id);
  await fleet.assertAudited();
});

test('a server with unaccepted connections is refused with the port, and moves once it has accepted them', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const { compute } = fleet.cloud;
  const server = await fleet.running('e2e-unaccepted', 'debian');
  await background(
    fleet,
    server,
    'perl',
    '-e',
    `${listen} select(undef, undef, undef, 0.1) until -e '/tmp/go'; ${accept}`,
  );
  const { seen } = await fleet.cloud.underTraffic(server, async () => {
    const client = inClient(fleet, 'newcomers', addressOf(server).address, String(port));
    context.after(() => client.kill());
    await new Promise((resolve) => setTimeout(resolve, 500));
    await assert.rejects(compute.liveMigrate(server.id), /does not accept the TCP connections that wait at port 8007/);
    assert.equal(hostOf(await compute.show(server.id)), hostOf(server));
    await inside(fleet, server, '/bin/touch', '/tmp/go');
    client.finish();
    assert.deepEqual((JSON.parse(await client.line()) as { failures: string[] }).failures, []);
    await compute.movesLive(server.id);
  });
  assert.ok(seen.open, seen.failure);
  await fleet.remove(server.id);
  await fleet.assertAudited();
});
