/** Ports of the program below. `mapped` is bound to `::` and accepts IPv4 too. */
export const ports = { v4: 8007, udp: 8008, mapped: 8017, outward: 8027 };

/**
 * Number of lines of 4096 bytes that the guest sends on a connection that asks for them: more than both buffers hold.
 */
export const floodLines = 4096;

/**
 * A perl program for the guest, with a socket of each kind. A process per connection does what the connection's first
 * byte says; where it says to wait, it waits for /tmp/go. Argument: the address to which the program connects.
 */
export const guest = `use strict; use IO::Socket::IP; use Socket; use IO::Handle;
$SIG{CHLD} = 'IGNORE';
my ($peer) = @ARGV;
sub go { select(undef, undef, undef, 0.1) until -e '/tmp/go' }
sub echo { my ($c) = @_; while (sysread($c, my $b, 65536)) { syswrite($c, $b) } exit }
sub told { my ($file, $text) = @_; open(my $f, '>', "/tmp/$file.new"); print $f $text; close $f; rename("/tmp/$file.new", "/tmp/$file") }
sub served { my ($c) = @_; sysread($c, my $what, 1); my $all = '';
  echo($c) if $what eq 'e';
  if ($what eq 'f') { for (0 .. ${floodLines - 1}) { my $line = sprintf("%015d\\n", $_) x 256;
    while (length $line) { my $n = syswrite($c, $line); substr($line, 0, $n // 0) = '' } } }
  if ($what eq 'q') { go(); echo($c) }
  if ($what eq 'h') { while (sysread($c, my $b, 4096)) { $all .= $b } go(); $c->syswrite("late $all") }
  if ($what eq 's') { shutdown($c, 1); while (sysread($c, my $b, 4096)) { $all .= $b } told('half', $all) }
  exit }
sub listener { my ($host, $port) = @_; my $l = IO::Socket::IP->new(Listen => 128, LocalHost => $host, LocalPort => $port, V6Only => 0, ReuseAddr => 1) or die $@;
  return if fork; while (1) { my $c = $l->accept or next; served($c) unless fork; close $c } }
listener('0.0.0.0', ${ports.v4}); listener('::', ${ports.mapped});
if (!fork) { my $u = IO::Socket::IP->new(LocalPort => ${ports.udp}, LocalHost => '0.0.0.0', Proto => 'udp') or die $@;
  while (1) { my $from = recv($u, my $b, 2048, 0); send($u, $b, 0, $from) if defined $from } }
for my $type (SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET) { socketpair(my $a, my $b, AF_UNIX, $type, 0);
  syswrite($a, "kept"); if (!fork) { go(); sysread($b, my $m, 99); told("unix$type", $m); exit } }
if (!fork) { socket(my $l, AF_UNIX, SOCK_STREAM, 0); bind($l, pack_sockaddr_un('/tmp/listening')); listen($l, 5);
  socket(my $c, AF_UNIX, SOCK_STREAM, 0); connect($c, pack_sockaddr_un('/tmp/listening')) or die; accept(my $s, $l); go();
  syswrite($c, 'named'); sysread($s, my $m, 99); told('unixnamed', $m); exit }
if (!fork) { echo(IO::Socket::IP->new(PeerHost => $peer, PeerPort => ${ports.outward}) // die $@) }
told('ready', '1'); sleep 1 while 1;
`;
