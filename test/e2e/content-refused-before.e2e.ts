import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '#apps/cli/client/api';
import { background, inside } from './fleet/inside.js';
import { endedLeader, timerOfEndedThread } from './fleet/thread-programs.js';
import { TestFleet } from './fleet/test-fleet.js';

/** timer_create(2) on CLOCK_MONOTONIC with SIGEV_THREAD_ID for the caller's own thread. */
const threadTimer = `my $event = pack 'Q l l l x44', 0, 34, 4, $$;
my $id = "\\0" x 8;
syscall(222, 1, $event, $id) == 0 or die;
sleep 600`;
/** A child under PTRACE_SEIZE. */
const seized = `my $child = fork // die;
sleep 600 unless $child;
syscall(101, 0x4206, $child, 0, 0) == 0 or die;
sleep 600`;
/** A listening socket of IPPROTO_MPTCP, as Go programs have since 1.24. */
const multipath = `socket(my $s, 2, 1, 262) or die;
bind($s, pack 'S n N x8', 2, 4444, 0) or die;
listen($s, 1);
sleep 600`;
/** A connection to itself by a link-local address of lo. */
const linkLocal = `use Socket;
my $at = pack_sockaddr_in6(4445, "\\xfe\\x80" . "\\0" x 13 . "\\x99", 1);
socket(my $s, AF_INET6, SOCK_STREAM, 0);
bind($s, $at) or die;
listen($s, 1);
socket(my $c, AF_INET6, SOCK_STREAM, 0);
connect($c, $at) or die;
accept(my $a, $s) or die;
sleep 600`;
const full = 'my @f; while (open my $f, "<", "/etc/passwd") { push @f, $f } sleep 600';

/** Runs the program that follows the script, under a name that no service of the guest has. */
const PERL = 'exec /run/held-perl -e "$1"';

const threads = (program: string, name: string) =>
  `printf %s ${program} | base64 -d >/run/${name}; chmod 755 /run/${name}; exec /run/${name}`;

/** Kinds of objects that once made CRIU fail in the freeze, so that a move was undone without a reason. */
const kinds: { words: RegExp; script: string; perl?: string; cleanUp?: string; unless?: string }[] = [
  { words: /Process held-perl \(pid \d+\) has a timer that signals its main thread/, script: PERL, perl: threadTimer },
  { words: /is traced by another process/, script: PERL, perl: seized },
  {
    words: /has an MPTCP socket/,
    script: PERL,
    perl: multipath,
    unless: 'test -e /proc/sys/net/mptcp/enabled',
  },
  {
    words: /has a TCP socket of a link-local address/,
    script: `ip -6 addr add fe80::99/64 dev lo nodad; ${PERL}`,
    perl: linkLocal,
    cleanUp: 'ip -6 addr del fe80::99/64 dev lo',
  },
  { words: /files open of the 16 that its RLIMIT_NOFILE/, script: `ulimit -n 16; ${PERL}`, perl: full },
  {
    words: /holds \S+ open, whose file system is unmounted/,
    script: 'mount -t tmpfs none /mnt; exec 3>/mnt/file; umount -l /mnt; exec sleep 600',
  },
  {
    words: /holds \/srv\/file open, over which \/srv is mounted/,
    script: 'exec 3>/srv/file; mount -t tmpfs none /srv; exec sleep 600',
    cleanUp: 'umount /srv',
  },
  {
    words: /sees a removed file mounted on \/opt\/here/,
    script: 'touch /opt/there /opt/here; mount --bind /opt/there /opt/here; rm /opt/there; exec sleep 600',
    cleanUp: 'umount /opt/here',
  },
  {
    words: /has ended its main thread while others run/,
    script: threads(endedLeader, 'ended-leader'),
  },
  {
    words: /Process ended-timer \(pid \d+\) has a timer that signals its main thread or one that has ended/,
    script: threads(timerOfEndedThread, 'ended-timer'),
  },
];

test('what CRIU would find in the freeze is named before, kind by kind, and without it the server moves', async (context) => {
  const fleet = await TestFleet.open();
  context.after(() => fleet.close());
  const server = await fleet.running('e2e-refused-before', 'debian');
  const shell = (script: string) => inside(fleet, server, 'sh', '-c', script);
  const lacking = await Promise.all(
    kinds.map(async ({ unless }) => !!unless && (await shell(`${unless} && echo yes || echo no`)).trim() !== 'yes'),
  );
  await shell('ln -s /usr/bin/perl /run/held-perl');
  const there = kinds.filter((_, index) => !lacking[index]);
  await Promise.all(there.map(({ script, perl = '' }) => background(fleet, server, 'sh', '-c', script, 'sh', perl)));
  // They are asked about together: each look of the precheck takes longer than what a guest does for a moment.
  const said = await refusal(fleet, server.id, (words) => there.every((kind) => kind.words.test(words)));
  for (const kind of kinds)
    await context.test(String(kind.words), (each) => {
      if (!there.includes(kind)) return each.skip('this kernel has no such thing');
      assert.match(said, kind.words);
    });
  const cleanUps = there.flatMap(({ cleanUp }) => cleanUp ?? []);
  const programs = ['held-perl', 'sleep', 'ended-leader', 'ended-timer'];
  const kills = programs.map((name) => `pkill -9 -x ${name}`).join('; ');
  const gone = `while pgrep -x '${programs.join('|')}' >/dev/null; do sleep 0.1; done`;
  await shell([kills, gone, ...cleanUps].join('\n'));
  await fleet.cloud.compute.movesLive(server.id);
  await fleet.remove(server.id);
  await fleet.assertAudited();
});

/** What the API answers to a live move, which it refuses; asks again until all is set up. */
async function refusal(fleet: TestFleet, id: string, isAll: (words: string) => boolean): Promise<string> {
  for (const deadline = Date.now() + 120_000; ;) {
    let said = '';
    await assert.rejects(fleet.cloud.compute.liveMigrate(id), (error: unknown) => {
      assert.ok(error instanceof ApiError);
      assert.equal(error.status, 400, 'refused at once');
      said = JSON.stringify(error.body);
      return true;
    });
    if (isAll(said) || Date.now() > deadline) return said;
  }
}
