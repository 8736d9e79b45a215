# What a guest holds during a live move. The files of this folder are joined and run inside by `perl -e` (perl-base only,
# x86-64). A kind makes something and returns what verifies it, as often as it is asked: it dies with what is wrong.
use strict;
use warnings;
use Fcntl qw(:DEFAULT :flock);
use POSIX ();
use Socket;

my $home = '/var/tmp/held';
my $crowd = $ARGV[1] // 0;
my %kinds;
my %number = (
  read => 0, mmap => 9, shmat => 30, getitimer => 36, setitimer => 38, sendmsg => 46, recvmsg => 47, mount => 165,
  io_setup => 206, timer_create => 222, timer_settime => 223, timer_gettime => 224, epoll_wait => 232, epoll_ctl => 233,
  inotify_add_watch => 254, unshare => 272, timerfd_create => 283, timerfd_settime => 286, timerfd_gettime => 287,
  signalfd4 => 289, eventfd2 => 290, epoll_create1 => 291, inotify_init1 => 294, memfd_create => 319,
  pidfd_send_signal => 424, pidfd_open => 434,
);

# A system call by name. Buffers are passed as variables: the kernel writes into them.
sub call {
  my $name = shift;
  my $result = syscall($number{$name}, @_);
  die "$name: $!" if $result == -1;
  return $result;
}

sub handle {
  my ($fd, $mode) = @_;
  open(my $file, $mode // '+<&=', $fd) or die "fdopen: $!";
  binmode $file;
  return $file;
}

sub same {
  my ($what, $got, $wanted) = @_;
  return if defined $got && $got eq $wanted;
  my ($is, $should) = map { substr($_ // 'undef', 0, 60) } $got, $wanted;
  die "$what is '$is', not '$should'";
}

# Exactly that many bytes, whatever interrupts the read.
sub take {
  my ($from, $count) = @_;
  my $all = '';
  while (length $all < $count) {
    my $read = sysread($from, $all, $count - length $all, length $all);
    next if !defined $read && $!{EINTR};
    die 'read: ' . (defined $read ? 'end of file' : $!) unless $read;
  }
  return $all;
}

sub put {
  my ($to, $data) = @_;
  my $written = syswrite($to, $data);
  die "write: $!" unless defined $written && $written == length $data;
}

sub whole {
  my ($file) = @_;
  sysseek($file, 0, 0);
  my $all = '';
  1 while sysread($file, $all, 1 << 20, length $all);
  return $all;
}

sub write_file {
  my ($path, $data) = @_;
  open(my $file, '>', $path) or die "$path: $!";
  print $file $data;
  close $file;
}

sub read_file {
  my ($path) = @_;
  open(my $file, '<', $path) or die "$path: $!";
  local $/;
  return <$file>;
}

# Bytes that no page of zeros and no other page can stand for.
sub pattern {
  my ($size, $seed) = @_;
  my ($x, $all) = ($seed * 2654435761 % 4294967296, '');
  while (length $all < $size) {
    $x = ($x * 1664525 + 1013904223) % 4294967296;
    $all .= pack('N', $x) x 64;
  }
  return substr $all, 0, $size;
}

# Memory by address. Perl has no pointers: it is written by a read(2) from a pipe.
sub map_memory {
  my ($size, $flags, $fd, $protection) = @_;
  return call('mmap', 0, $size, $protection // 3, $flags, $fd // -1, 0);
}
sub peek { my ($address, $size) = @_; return unpack "P$size", pack 'Q', $address }
sub poke {
  my ($address, $data) = @_;
  pipe(my $r, my $w);
  put($w, $data);
  call('read', fileno $r, $address, length $data) == length $data or die 'short read';
}

# A process beside this one; it ends with its work.
sub beside {
  my ($work) = @_;
  my $pid = fork // die "fork: $!";
  return $pid if $pid;
  $SIG{USR1} = 'DEFAULT';
  eval { $work->() };
  POSIX::_exit(1);
}

sub idle { sleep 1 while 1 }
sub soon { select undef, undef, undef, 0.2 }
sub pair { my ($type) = @_; socketpair(my $a, my $b, AF_UNIX, $type, 0) or die "socketpair: $!"; return ($a, $b) }
