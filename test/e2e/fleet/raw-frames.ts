/** Frames as a guest with a program of its own may send them, whatever its system would let it do. Addresses as text. */
export interface Ends {
  mac: string;
  ip: string;
  ip6: string;
}

const [UDP, ICMPV6] = [17, 58];
/** Ethertypes. */
const [IPV4, ARP, IPV6] = [0x0800, 0x0806, 0x86dd];

/**
 * Sends the frames (lines of hex on stdin) from the device, each round in their order. Runs in a guest's network namespace,
 * with the host's files.
 */
export const SENDER = String.raw`
  socket(my $s, 17, 3, 0x0300) or die "socket: $!";
  my $name = pack('a16 x16', shift); ioctl($s, 0x8933, $name) or die "no device: $!";
  bind($s, pack('S n l S C C a8', 17, 3, unpack('x16 l', $name), 0, 0, 0, '')) or die "bind: $!";
  for my $frame (@ARGV) { send($s, pack('H*', $frame), 0) or die "send: $!" }`;

/** Prints the marks of what comes to the device, one per line, until the last one (the second argument) has come twice. */
export const WATCHER = String.raw`
  $| = 1;
  socket(my $s, 17, 3, 0x0300) or die "socket: $!";
  my $name = pack('a16 x16', shift); ioctl($s, 0x8933, $name) or die "no device: $!";
  bind($s, pack('S n l S C C a8', 17, 3, unpack('x16 l', $name), 0, 0, 0, '')) or die "bind: $!";
  my ($last, $ends) = (shift, 0);
  alarm 120;
  while ($ends < 2) {
    defined recv($s, my $frame, 65535, 0) or die "recv: $!";
    while ($frame =~ /<(lx-[a-z0-9-]+)>/g) { print "$1\n"; $ends++ if $1 eq $last }
  }`;

const macBytes = (mac: string): Buffer => Buffer.from(mac.replaceAll(':', ''), 'hex');
const v4Bytes = (ip: string): Buffer => Buffer.from(ip.split('.').map(Number));

function v6Bytes(ip: string): Buffer {
  const [head = '', tail] = ip.split('::');
  const words = (text: string) => (text ? text.split(':') : []);
  const [front, back] = [words(head), words(tail ?? '')];
  const zeros = Array<string>(tail === undefined ? 0 : 8 - front.length - back.length).fill('0');
  return Buffer.from([...front, ...zeros, ...back].map((word) => word.padStart(4, '0')).join(''), 'hex');
}

const word = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);

function checksum(...parts: Buffer[]): Buffer {
  const all = Buffer.concat(parts);
  const even = all.length % 2 ? Buffer.concat([all, Buffer.alloc(1)]) : all;
  let sum = 0;
  for (let at = 0; at < even.length; at += 2) sum += even.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return word(~sum & 0xffff);
}

/** What the watcher finds in a frame. */
const mark = (name: string): Buffer => Buffer.from(`<lx-${name}>`);

const ethernet = (to: string, from: string, type: number, ...body: Buffer[]): string =>
  Buffer.concat([macBytes(to), macBytes(from), word(type), ...body]).toString('hex');

function ip4(from: string, to: string, body: Buffer): Buffer {
  const ends = Buffer.concat([v4Bytes(from), v4Bytes(to)]);
  const head = Buffer.concat([Buffer.from([0x45, 0]), word(20 + body.length), Buffer.from([0, 0, 0, 0, 64, UDP])]);
  return Buffer.concat([head, checksum(head, ends), ends, body]);
}

const ip6 = (from: string, to: string, next: number, body: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from([0x60, 0, 0, 0]),
    word(body.length),
    Buffer.from([next, 255]),
    v6Bytes(from),
    v6Bytes(to),
    body,
  ]);

/** A datagram without a checksum where IPv4 allows it; `ends`: the IPv6 addresses. */
function udp(source: number, destination: number, payload: Buffer, ends?: [string, string]): Buffer {
  const head = Buffer.concat([word(source), word(destination), word(8 + payload.length)]);
  if (!ends) return Buffer.concat([head, word(0), payload]);
  const pseudo = Buffer.concat([
    v6Bytes(ends[0]),
    v6Bytes(ends[1]),
    word(0),
    word(8 + payload.length),
    word(0),
    word(UDP),
  ]);
  return Buffer.concat([head, checksum(pseudo, head, word(0), payload), payload]);
}

function icmp6(from: string, to: string, body: Buffer): Buffer {
  const pseudo = Buffer.concat([v6Bytes(from), v6Bytes(to), word(0), word(body.length), word(0), word(ICMPV6)]);
  const sum = checksum(pseudo, body);
  return ip6(from, to, ICMPV6, Buffer.concat([body.subarray(0, 2), sum, body.subarray(4)]));
}

const dhcp4 = (from: Ends, to: Ends, name: string): string =>
  ethernet(to.mac, from.mac, IPV4, ip4(from.ip, to.ip, udp(67, 68, mark(name))));

/** A datagram from one to the other, as everybody may send it. */
export const datagram = (from: Ends, to: Ends, name: string): string =>
  ethernet(to.mac, from.mac, IPV4, ip4(from.ip, to.ip, udp(4_000, 4_001, mark(name))));

export const datagram6 = (from: Ends, to: Ends, name: string): string =>
  ethernet(to.mac, from.mac, IPV6, ip6(from.ip6, to.ip6, UDP, udp(4_000, 4_001, mark(name), [from.ip6, to.ip6])));

/** An ARP answer: `ip` is at `mac`. `sender`: the frame's own. */
export const arpAnswer = (sender: string, mac: string, ip: string, to: Ends, name: string): string =>
  ethernet(
    to.mac,
    sender,
    ARP,
    Buffer.from([0, 1, 8, 0, 6, 4, 0, 2]),
    macBytes(mac),
    v4Bytes(ip),
    macBytes(to.mac),
    v4Bytes(to.ip),
    mark(name),
  );

/** A neighbour advertisement from `from`: `address` is at its MAC. */
export function neighbourAnswer(from: Ends, address: string, to: Ends, name: string): string {
  // An option of type 2 is the link-layer address; the mark is an option that nobody knows.
  const text = mark(name);
  const option = Buffer.concat([Buffer.from([254, Math.ceil((text.length + 2) / 8)]), text]);
  const padded = Buffer.concat([option, Buffer.alloc(option[1]! * 8 - option.length)]);
  const head = Buffer.concat([Buffer.from([136, 0, 0, 0, 0x60, 0, 0, 0]), v6Bytes(address)]);
  const body = Buffer.concat([head, Buffer.from([2, 1]), macBytes(from.mac), padded]);
  return ethernet(to.mac, from.mac, IPV6, icmp6(from.ip6, to.ip6, body));
}

/** A router advertisement to one neighbour. */
export function routerAdvertisement(from: Ends, to: Ends, name: string): string {
  const text = mark(name);
  const option = Buffer.concat([Buffer.from([254, Math.ceil((text.length + 2) / 8)]), text]);
  const padded = Buffer.concat([option, Buffer.alloc(option[1]! * 8 - option.length)]);
  const head = Buffer.from([134, 0, 0, 0, 64, 0, 0x07, 0x08, 0, 0, 0, 0, 0, 0, 0, 0]);
  return ethernet(to.mac, from.mac, IPV6, icmp6('fe80::66', to.ip6, Buffer.concat([head, padded])));
}

/** A frame inside of VXLAN, sent to the underlay address of a host. `next`: the MAC that it goes to. */
export function tunnelled(from: Ends, next: string, vtep: string, vni: number, inner: string): string {
  const head = Buffer.from([8, 0, 0, 0, vni >> 16, (vni >> 8) & 255, vni & 255, 0]);
  const payload = Buffer.concat([head, Buffer.from(inner, 'hex')]);
  return ethernet(next, from.mac, IPV4, ip4(from.ip, vtep, udp(4_789, 4_789, payload)));
}

/** What no guest may send, by its mark. `liar` has a port of its own; `other` is somebody whom it pretends to be. */
export const forgeries = (liar: Ends, other: Ends, to: Ends): Record<string, string> => {
  const foreignMac = { ...liar, mac: '02:00:00:00:00:99' };
  return {
    'foreign-mac': datagram(foreignMac, to, 'foreign-mac'),
    'foreign-source': datagram({ ...liar, ip: other.ip }, to, 'foreign-source'),
    'foreign-source6': datagram6({ ...liar, ip6: other.ip6 }, to, 'foreign-source6'),
    'arp-of-another': arpAnswer(liar.mac, liar.mac, other.ip, to, 'arp-of-another'),
    'arp-mac': arpAnswer(liar.mac, other.mac, liar.ip, to, 'arp-mac'),
    'neighbour-of-another': neighbourAnswer(liar, other.ip6, to, 'neighbour-of-another'),
    'dhcp-server': dhcp4(liar, to, 'dhcp-server'),
    'dhcp6-server': ethernet(
      to.mac,
      liar.mac,
      IPV6,
      ip6(liar.ip6, to.ip6, UDP, udp(547, 546, mark('dhcp6-server'), [liar.ip6, to.ip6])),
    ),
    router: routerAdvertisement(liar, to, 'router'),
  };
};

/** As many frames, each from another MAC. */
export const flood = (from: Ends, to: Ends, count: number): string[] =>
  Array.from({ length: count }, (_, n) =>
    datagram({ ...from, mac: `02:99:00:00:${pair(n >> 8)}:${pair(n & 255)}` }, to, 'flood'),
  );

const pair = (value: number): string => value.toString(16).padStart(2, '0');

/**
 * The marks of the frames that came. `watch`: runs the watcher until its last mark has come twice; `send`: sends one round
 * with that mark at its end, so that nothing needs to be waited for.
 */
export async function marksOf(watch: () => Promise<string>, send: () => Promise<unknown>): Promise<Set<string>> {
  let ended = false;
  const watching = watch().finally(() => (ended = true));
  watching.catch(() => undefined); // awaited below
  while (!ended) await send();
  return new Set((await watching).split('\n').filter((line) => line !== ''));
}
