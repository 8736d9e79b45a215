import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Nic } from '#generated/lxstack/agent/v1/types';
import { hasPackets, isSemaphore } from './descriptor-details.js';
import { breakingLeases } from './leases.js';
import { mayBeQueue } from './message-queues.js';
import { fieldOf } from './process-states.js';
import { parseFamilies } from './socket-families.js';
import { unaccepted, unsent } from './unfinished-inet.js';
import { foreignDevices } from './interfaces.js';
import { foreign, mountsIn, ofUnseenRoot } from './mounts.js';
import { whatIsHeld } from './open-files.js';
import { blockingPipes } from './pipes.js';
import { unitIn } from './tasks.js';
import { watchedIn } from './watches.js';

test('a process is named by its systemd unit, and by none where no unit is in its cgroup', () => {
  assert.equal(unitIn('1:name=systemd:/p/c-1/system.slice/ssh.service\n'), 'ssh.service');
  assert.equal(unitIn('0::/p/c-1/system.slice/dbus.service/sub\n'), 'dbus.service');
  assert.equal(unitIn('0::/p/c-1\n'), undefined);
});

test('mounts of the root, of the kernel and the standard devices go along; ramfs, FUSE and directories of the host do not', () => {
  const mounts = mountsIn(`30 1 0:9 / / rw - overlay overlay rw
31 30 0:9 /srv /mnt/bind rw - overlay overlay rw
32 30 0:5 /null /dev/null rw - ext4 /dev/vda rw
40 30 0:6 / /run rw shared:1 - tmpfs tmpfs rw
41 40 0:7 / /run/credentials/a.service ro - ramfs ramfs rw
42 30 0:8 / /mnt/fuse rw - fuse.sshfs x rw
43 30 8:1 /data /data rw - ext4 /dev/vda rw
`);
  assert.deepEqual(
    foreign(mounts).map(({ point }) => point),
    ['/run/credentials/a.service', '/mnt/fuse', '/data'],
  );
});

test('parts of a tmpfs are refused where its root is mounted in no namespace', () => {
  const mounts = mountsIn(`40 30 0:6 / /run rw shared:1 - tmpfs tmpfs rw
41 40 0:6 /systemd/inaccessible/dir /home ro - tmpfs tmpfs rw
42 30 0:7 /tmp /tmp rw - tmpfs tmpfs rw
43 30 0:7 /var-tmp /var/tmp rw - tmpfs tmpfs rw
`);
  assert.deepEqual(
    ofUnseenRoot(mounts).map(({ point }) => point),
    ['/tmp', '/var/tmp'],
  );
});

test('an object of a process for which CRIU has no image is named', () => {
  const sockets = new Map([['77', 'sctp']]);
  const held = (link: string) => whatIsHeld(link, sockets);
  assert.equal(held('anon_inode:[io_uring]'), 'a file of kind io_uring');
  assert.equal(held('anon_inode:bpf-map'), 'a file of kind bpf-map');
  assert.equal(held('/dev/net/tun'), 'the device /dev/net/tun');
  assert.equal(held('socket:[77]'), 'a socket of kind sctp');
  for (const carried of [
    'anon_inode:inotify',
    'anon_inode:[timerfd]',
    '/dev/null',
    '/dev/shm/x (deleted)',
    'socket:[78]',
  ])
    assert.equal(held(carried), undefined);
});

test('watched inodes are read in hexadecimal, and only those of inotify', () => {
  const fdinfo = `pos:	0
inotify wd:2 ino:14de sdev:138 mask:80c ignored_mask:0 fhandle-bytes:14 fhandle-type:4d f_handle:de14
fanotify ino:10 sdev:138 mflags:0 mask:3b ignored_mask:0 fhandle-bytes:8 fhandle-type:1 f_handle:10
`;
  assert.deepEqual([...watchedIn(fdinfo)], [0x14de]);
});

test('devices that were made or renamed inside are named with their kind; NICs and what the kernel makes itself are not', () => {
  const nics = [Nic.fromPartial({}), Nic.fromPartial({ name: 'lan' })];
  const device = (ifname: string, kind = '', flags = ['UP']) => ({ ifname, flags, linkinfo: { info_kind: kind } });
  assert.deepEqual(foreignDevices([device('lo'), device('eth0'), device('lan'), device('sit0', 'sit', [])], nics), []);
  const reasons = foreignDevices([device('docker0', 'bridge'), device('eth1', 'veth'), device('sit0', 'sit')], nics);
  assert.match(reasons.join('\n'), /docker0 \(bridge\).*\n.*eth1 \(veth\).*\n.*sit0 \(sit\)/);
});

test('more pipes than CRIU carries are refused, with the process that has most of them', () => {
  const holder = (name: string, from: number, count: number) => ({
    task: { pid: 1, name, session: 1, leaderEnded: false },
    files: Array.from({ length: count }, (_, index) => ({ fd: String(index), link: `pipe:[${from + index}]` })),
  });
  assert.deepEqual(blockingPipes([holder('a', 0, 600), holder('b', 300, 700)]), []);
  const [reason] = blockingPipes([holder('a', 0, 400), holder('b', 400, 700)]);
  assert.match(reason!, /has 1100 pipes, more than the 1024 .* b \(700\)/);
});

test('an eventfd is told to be a semaphore by what the kernel shows of it', () => {
  const shown = (semaphore: number) =>
    `pos:\t0\nflags:\t02000002\neventfd-count:                2\neventfd-id: 12\neventfd-semaphore: ${semaphore}\n`;
  assert.equal(isSemaphore(shown(1)), true);
  assert.equal(isSemaphore(shown(0)), false);
});

test('a pipe in packet mode is told by its flags', () => {
  assert.equal(hasPackets('pos:\t0\nflags:\t0140001\nmnt_id:\t15\n'), true);
  assert.equal(hasPackets('pos:\t0\nflags:\t02004000\nmnt_id:\t15\n'), false);
});

test('a lease counts while another process waits for it', () => {
  const locks = `1: LEASE  BREAKING  READ  4711 00:35:1077 0 EOF
2: LEASE  ACTIVE    WRITE 4712 00:35:1078 0 EOF
3: FLOCK  ADVISORY  WRITE 4713 00:35:1079 0 EOF
`;
  assert.deepEqual(breakingLeases(locks), [4711]);
});

test('fields behind the name of a process are counted whatever its name is', () => {
  assert.equal(fieldOf('12 (a) b (c) D 1 12 12 0 -1', 3), 'D');
  assert.equal(fieldOf('12 (a) b (c) D 1 12 12 0 -1', 4), '1');
  assert.equal(fieldOf('', 3), undefined);
});

test('listeners with connections that wait and datagrams that are not sent are told by their queues', () => {
  const lines = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000002 00:00000000 00000000     0        0 301 1 0 100 0 0 10 0
   1: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 302 1 0 100 0 0 10 0
   2: 0100007F:1F92 0100007F:1F93 01 00000300:00000000 00:00000000 00000000     0        0 303 1 0 100 0 0 10 0
`;
  assert.deepEqual(
    unaccepted(lines).map(({ port, inode }) => [port, inode]),
    [[8080, '301']],
  );
  assert.deepEqual(
    unsent(lines).map(({ port, inode }) => [port, inode]),
    [[8082, '303']],
  );
});

test('families of sockets are read as getfattr shows them', () => {
  const text =
    '# file: /proc/7/fd/3\nsystem.sockprotoname="AF_VSOCK\\000"\n\n# file: /proc/7/fd/4\nsystem.sockprotoname="TCP\\000"\n\n';
  assert.deepEqual(
    [...parseFamilies(text)],
    [
      ['/proc/7/fd/3', 'AF_VSOCK'],
      ['/proc/7/fd/4', 'TCP'],
    ],
  );
});

test('a POSIX message queue is looked for where its path may be one', () => {
  assert.equal(mayBeQueue('/dev/mqueue/jobs'), true);
  assert.equal(mayBeQueue('/jobs'), true);
  assert.equal(mayBeQueue('/var/lib/jobs'), false);
});
