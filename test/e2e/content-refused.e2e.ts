import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '#apps/cli/client/api';
import { hostOf } from '#apps/cli/client/compute';
import { TestFleet } from './fleet/test-fleet.js';
import { background, inside } from './fleet/inside.js';

/** eventfd2(2) with EFD_SEMAPHORE. */
const semaphore = 'syscall(290, 1, 1) >= 0 or die; sleep 600';
/** io_uring_setup(2) with 8 entries and 120 zero bytes of parameters: guests go without what cannot move. */
const ioUring = 'my $p = "\\0" x 120; syscall(425, 8, $p) < 0 && $!{ENOSYS} or die; print "none"';
/**
 * Asks for the list of links (RTM_GETLINK) and does not read the answer; sends a message to a unix socket that is not
 * accepted.
 */
const unread = `use Socket;
socket(my $links, 16, 3, 0);
bind($links, pack 'S S L L', 16, 0, 0, 0);
syswrite $links, pack 'L S S L L C x3', 20, 18, 0x301, 1, 0, 0;
socket(my $server, AF_UNIX, SOCK_STREAM, 0);
bind($server, pack_sockaddr_un "\\0unread");
listen($server, 1);
socket(my $client, AF_UNIX, SOCK_STREAM, 0);
connect($client, pack_sockaddr_un "\\0unread");
syswrite $client, 'data';
sleep 600`;

test('what CRIU cannot carry is refused with every reason, by process, and the server goes on', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const server = await fleet.running('e2e-refused-content', 'debian');
  await background(fleet, server, 'unshare', '-u', 'sleep', '601');
  await background(fleet, server, 'unshare', '-i', 'sleep', '602');
  await background(fleet, server, 'unshare', '-p', '-f', 'sleep', '603');
  await background(fleet, server, 'unshare', '-n', 'sleep', '604');
  await background(fleet, server, 'unshare', '-m', 'sh', '-c', 'mount -t ramfs ramfs /mnt && exec sleep 605');
  assert.equal(await inside(fleet, server, 'perl', '-e', ioUring), 'none');
  await background(fleet, server, 'perl', '-e', semaphore);
  await background(fleet, server, 'perl', '-e', unread);
  let words = '';
  await assert.rejects(fleet.cloud.compute.liveMigrate(server.id), (error: unknown) => {
    assert.ok(error instanceof ApiError);
    assert.equal(error.status, 400, 'refused at once');
    words = JSON.stringify(error.body);
    return true;
  });
  context.diagnostic(words);
  assert.match(words, /sleep \(pid \d+\) has uts namespaces of its own/);
  assert.match(words, /sleep \(pid \d+\) has ipc namespaces of its own/);
  assert.match(words, /sleep \(pid 1\) has pid namespaces of its own|has pid namespaces of its own/);
  assert.match(words, /has net namespaces of its own/);
  assert.match(words, /sees a ramfs mounted on \/mnt/);
  assert.match(words, /perl \(pid \d+\) holds an eventfd that is a semaphore/);
  assert.match(words, /perl \(pid \d+\) does not read what its netlink socket has got/);
  assert.match(words, /perl \(pid \d+\) does not accept connections to its unix socket @unread/);
  await fleet.answers(server);
  await inside(fleet, server, 'sh', '-c', 'pkill -9 sleep; pkill -9 perl; sleep 1');
  const later = await fleet.cloud.failureDuring(server.id, async () => {
    await fleet.cloud.compute.liveMigrate(server.id);
  });
  assert.equal(later, '', 'without them it moves');
  assert.notEqual(hostOf(await fleet.cloud.compute.show(server.id)), hostOf(server));
  await fleet.remove(server.id);
  await fleet.assertAudited();
});
