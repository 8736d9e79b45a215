import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { DataChannel } from '#apps/agent/migration/wire/data-channel';
import { DiskJail } from '#apps/agent/migration/disk/disk-jail';
import { DiskReceiver } from '#apps/agent/migration/disk/disk-receiver';
import { DiskSender } from '#apps/agent/migration/disk/disk-sender';
import { FrameType } from '#apps/agent/migration/wire/wire-frames';
import type { Message } from '#apps/agent/migration/wire/messages';
import { TargetLink } from '#apps/agent/migration/source/target-link';
import { Throttle } from '#apps/agent/migration/wire/throttle';

/** Why this machine cannot run the test, or undefined. */
const unable =
  process.getuid!() !== 0
    ? 'needs root'
    : existsSync('/usr/bin/setfattr')
      ? undefined
      : 'no setfattr: run it inside a host';

/** Runs a script of bash in `directory`. */
const sh = (directory: string, script: string): string =>
  execFileSync('bash', ['-euc', script], { cwd: directory, stdio: 'pipe', maxBuffer: 1 << 26 }).toString('latin1');

/** Everything of a tree that an instance can see, as text; without unix sockets and what the file system counts. */
const pictureOf = (root: string): string =>
  sh(
    root,
    `find . ! -type s -printf '%y %m %U %G %s %T@ %n %p -> %l\\n' | sed 's/^d \\(\\S* \\S* \\S*\\) \\S*/d \\1/' | LC_ALL=C sort
     find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
     find . -type f -links +1 -printf '%i %p\\n' | LC_ALL=C sort -k2 | awk '{ n[$1] = n[$1] " " $2 } END { for (i in n) print n[i] }' | sort
     find . \\( -type c -o -type b \\) -print0 | xargs -0r stat -c '%n %t:%T' | sort
     find . ! -type s -print0 | LC_ALL=C sort -z | xargs -0 getfattr -h -d -m - -e hex 2>/dev/null | awk '/^# file/ { file = $0; next } NF { print file, $0 }'`,
  );

/** Lines that only one of the two pictures has. */
function differences(from: string, to: string): string[] {
  const [expected, actual] = [pictureOf(from), pictureOf(to)].map((picture) => new Set(picture.split('\n'))) as [
    Set<string>,
    Set<string>,
  ];
  const lacking = [...expected].filter((line) => !actual.has(line)).map((line) => `- ${line}`);
  return [...lacking, ...[...actual].filter((line) => !expected.has(line)).map((line) => `+ ${line}`)];
}

/** Both ends over one connection; `follow` ends with it. */
async function ends(
  context: TestContext,
  from: string,
  to: string,
): Promise<DiskSender & { putFlags(): Promise<string[]> }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[other]] = await Promise.all([accepted, once(socket, 'connect')]);
  const [source, target] = [socket, other as TLSSocket].map((end) => new DataChannel(end as TLSSocket)) as [
    DataChannel,
    DataChannel,
  ];
  const receiver = new DiskReceiver(to);
  const hear = async (message: Message) => {
    if (message.say === 'pass') await receiver.begin(message);
    if (message.say !== 'pass-end') return;
    await receiver.end();
    await target.tell({ say: 'pass-done' });
  };
  void (async () => {
    for (;;) {
      const frame = await target.receive();
      if (frame.type === FrameType.disk) await receiver.write(frame.payload);
      else await hear(JSON.parse(frame.payload.toString()) as Message);
    }
  })().catch((error: Error) => socket.destroy(error));
  const link = Object.assign(new TargetLink(source), { fileFlags: true });
  const sender = await DiskSender.open(from, link, new Throttle(0), () => undefined);
  context.after(async () => {
    sender.close();
    source.close();
    await receiver.close();
    server.close();
  });
  return Object.assign(sender, { putFlags: () => receiver.putFlags() });
}

async function twoTrees(context: TestContext): Promise<[string, string]> {
  const base = await mkdtemp(join(tmpdir(), 'lxstack-disk-'));
  context.after(() => rm(base, { recursive: true, force: true }));
  const [from, to] = [join(base, 'from'), join(base, 'to')];
  await Promise.all([from, to].map((path) => mkdir(path)));
  return [from, to];
}

const MADE = `
mkdir -p etc var/lib/deep/er empty gone/with/children swapped dir-to-file replaced 'with space'
chown 1000000:1000000 . etc; chown -R 1000033:1000033 var; chmod 2751 var; chmod 1777 empty
echo one >etc/one; chmod 4755 etc/one; ln etc/one etc/hard; ln -s /etc/shadow etc/absolute; ln -s ../nowhere etc/dangling
truncate -s 64M sparse; echo end | dd of=sparse bs=1 seek=40000000 conv=notrunc status=none
mkfifo pipe; mknod whiteout c 0 0; mknod null c 1 3; mknod disk b 7 0
perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0) && bind(S, pack_sockaddr_un("socket")) or die'
echo x >etc/xattr; setfattr -n user.note -v hello etc/xattr; setfattr -n trusted.mark -v 1 etc/xattr
mkdir opaque; setfattr -n trusted.overlay.opaque -v y opaque; echo x >opaque/x
cp /bin/true capable; setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 capable
setfattr -n system.posix_acl_access -v 0x0200000001000600ffffffff0200070045420f0004000400ffffffff10000700ffffffff20000400ffffffff etc/one
setfattr -n system.posix_acl_default -v 0x0200000001000700ffffffff04000500ffffffff0800050046420f0010000500ffffffff20000500ffffffff var
touch -d '2001-02-03 04:05:06.123456789' etc/one var/lib/deep
printf x >$'line\\nend'; printf x >$'no-utf8-\\xff\\xfe'; printf x >-rf; printf x >'*'
for i in 1 2 3; do echo $i >gone/with/children/$i; echo $i >swapped/$i; echo $i >dir-to-file/$i; echo $i >replaced/$i; done
echo file >file-to-dir; ln -s etc link-to-dir; echo b >b; echo a >a; echo same >untouched
mkdir many; for i in $(seq 300); do echo $i >many/$i; done`;

const CHANGED = `
rm -r gone; mv swapped moved; rm -r dir-to-file; echo now a file >dir-to-file
rm file-to-dir; mkdir -p file-to-dir/below; echo deep >file-to-dir/below/x
rm link-to-dir; mkdir link-to-dir; echo was a link >link-to-dir/x
mv replaced old; mkdir replaced; echo new >replaced/4; mv old/1 replaced/1
mv a t; mv b a; mv t b
echo more >>etc/one; rm etc/hard; ln etc/xattr etc/harder; setfattr -x user.note etc/xattr
echo begin | dd of=sparse conv=notrunc status=none; chmod 600 capable; chown 1000001 pipe; rm null; mknod null c 1 5
chmod 700 .; touch -d '1999-01-02 03:04:05.000000001' empty
mv $'no-utf8-\\xff\\xfe' $'no-utf8-\\xfd'; rm -- -rf; rm whiteout; echo back >whiteout
rm -r opaque; mkdir opaque; echo y >opaque/y
mkdir moved/in; mv many moved/in/many; rm moved/in/many/7; touch moved/in/many/new`;

const LATER = `
rm -r moved/in; mv var etc/var; echo again >>etc/one; ln -s x etc/var/lib/link; rm a; mkdir a; echo in >a/a
mv $'no-utf8-\\xfd' $'line\\nend'; mkdir -p new/tree/of/three; echo x >new/tree/of/three/x; mv untouched new/tree; rm -r replaced`;

test('a disk is equal after passes with changes of every kind in between, the last of them in the freeze', async (context) => {
  if (unable) return context.skip(unable);
  const [from, to] = await twoTrees(context);
  const sender = await ends(context, from, to);
  sh(from, MADE);
  await sender.pass();
  sh(from, CHANGED);
  await sender.pass();
  assert.deepEqual(differences(from, to), [], 'while it runs');
  sender.prepareLastPass();
  sh(from, LATER);
  const last = await sender.lastPass();
  assert.ok(last.paths < 60, `${last.paths} paths: what has not changed stays`);
  sh(from, 'ln etc/one etc/link_remap.1; rm new/tree/of/three/x; rm -r moved');
  assert.ok((await sender.passAfterDump()).paths < 20, 'and no more than that once more');
  await sender.arrived();
  assert.deepEqual(differences(from, to), [], 'in the freeze');
});

test('the last pass sends nothing where nothing has changed', async (context) => {
  if (unable) return context.skip(unable);
  const [from, to] = await twoTrees(context);
  const sender = await ends(context, from, to);
  sh(from, MADE);
  await sender.pass();
  await new Promise((resolve) => setTimeout(resolve, 50)); // past the tick within which a ctime proves nothing
  await sender.pass();
  sender.prepareLastPass();
  assert.deepEqual(await sender.lastPass(), { paths: 0, bytes: 0 });
});

/** Of bash: `flags N FILE…` gives files these flags and no others, as chattr(1) would, which a host need not have. */
const FLAGS = `
flags() { perl -e 'for (@ARGV[1 .. $#ARGV]) { open my $f, "<", $_ or die "$_: $!"; my $had = pack "Lx4"; ioctl $f, 0x80086601, $had or die $!;
  my $new = pack "Lx4", (unpack("L", $had) & ~255) | $ARGV[0]; ioctl $f, 0x40086602, $new or die "$_: $!" }' "$@"; }
`;
const [IMMUTABLE, APPEND, NO_DUMP, NO_ATIME] = [16, 32, 64, 128];

/** Files and directories that have flags, with these. */
const flagged = (root: string): string[] =>
  sh(
    root,
    `find . \\( -type f -o -type d \\) -print0 | xargs -0 perl -e 'for (@ARGV) { open my $f, "<", $_ or die; my $has = pack "Lx4"; ioctl $f, 0x80086601, $has or die;
      my $own = unpack("L", $has) & 255; print "$own $_\\n" if $own }'`,
  )
    .split('\n')
    .sort();

test('flags of files go along, also those that were changed since, and are put after the last pass alone', async (context) => {
  if (unable) return context.skip(unable);
  const [from, to] = await twoTrees(context);
  const change = (script: string) => sh(from, FLAGS + script);
  try {
    change(`touch probe; flags ${IMMUTABLE} probe; flags 0 probe; rm probe`);
  } catch {
    return context.skip('this file system has no flags, or nobody may set them');
  }
  const sender = await ends(context, from, to);
  try {
    change(
      `mkdir -p keep/below turned moved gone; for f in keep/log keep/fixed keep/below/x turned/f moved/f gone/f freed plain 'with space'; do echo 1 >"$f"; done
       flags ${APPEND} keep/log; flags ${IMMUTABLE} keep/fixed turned/f freed 'with space'; flags ${NO_DUMP} keep/below keep/below/x moved/f gone/f`,
    );
    await sender.pass();
    change(
      `echo 2 >>keep/log; flags 0 freed turned/f; rm freed; echo 2 >freed; mv turned other; ln -s other turned; mv moved away; rm -r gone
       echo 2 >plain; flags ${NO_DUMP + NO_ATIME} plain`,
    );
    await sender.pass();
    sender.prepareLastPass();
    change(
      `flags 0 'with space'; echo 3 >'with space'; flags ${IMMUTABLE} 'with space' keep; echo 3 >>keep/log; mv away back`,
    );
    await sender.lastPass();
    await sender.arrived();
    assert.deepEqual(flagged(to), [''], 'the passes could not write such files');
    assert.deepEqual(await sender.putFlags(), []);
    assert.deepEqual(flagged(to), flagged(from));
    assert.equal(flagged(to).length, 9);
    assert.deepEqual(differences(from, to), []);
    assert.deepEqual([...sender.flagsNotCarried], [], 'the target puts them');
  } finally {
    for (const root of [from, to]) sh(root, `${FLAGS} flags 0 keep keep/log keep/fixed 'with space'`);
  }
});

test('a link of the instance leads the programs that read and write its disk to no file of the host', async (context) => {
  if (unable) return context.skip(unable);
  const [from] = await twoTrees(context);
  sh(from, 'echo of the host >../secret; ln -s "$PWD/.." away; ln -s ../secret up; echo of the guest >own');
  assert.equal(sh(from, 'cat away/secret up'), 'of the host\nof the host\n');
  const jail = await DiskJail.open(from);
  context.after(() => jail.close());
  const read = jail.start('cat', ['own', 'away/secret', 'up']);
  read.stdin!.end();
  assert.equal(await text(read.stdout!), 'of the guest\n');
});
