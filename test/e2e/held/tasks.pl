# With the time that is left; repeating ones go on, also one that had expired and was not read.
$kinds{'timerfd, itimer, posix timers'} = sub {
  my $times = sub { my ($every, $first) = @_; return pack 'q4', 0, $every, $first, $first ? 0 : $every };
  my $hour = call('timerfd_create', 1, 0);
  call('timerfd_settime', $hour, 0, my $t1 = $times->(0, 3600), 0);
  my $fd = call('timerfd_create', 1, 0);
  call('timerfd_settime', $fd, 0, my $t2 = $times->(50_000_000, 0), 0);
  my $ticks = handle($fd, '<&=');
  call('setitimer', 1, my $t3 = $times->(0, 3600), 0); # ITIMER_VIRTUAL
  my $id = pack 'l', 0;
  my $timer = sub {
    my ($signal, $time) = @_;
    call('timer_create', 1, my $event = pack('q i i x48', 0, $signal, 0), $id);
    call('timer_settime', unpack('l', $id), 0, $time, 0);
    return unpack 'l', $id;
  };
  my $rung = 0;
  $SIG{USR2} = sub { $rung++ };
  my $posix = $timer->(10, $times->(0, 3600));
  $timer->(12, $times->(100_000_000, 0));
  my $left = sub {
    my ($what, @call) = @_;
    my $now = "\0" x 32;
    call(@call, $now);
    my $seconds = (unpack 'q4', $now)[2];
    die "$what has $seconds s left" unless $seconds > 3000 && $seconds <= 3600;
  };
  return sub {
    $left->('timerfd', 'timerfd_gettime', $hour);
    $left->('itimer', 'getitimer', 1);
    $left->('posix timer', 'timer_gettime', $posix);
    take($ticks, 8);
    my $before = $rung;
    for (my $end = time + 5; $rung == $before; soon()) { die 'the repeating posix timer is silent' if time > $end }
  };
};

$kinds{'processes that are stopped, a zombie, in a group, nice, in a chroot, known by a pidfd'} = sub {
  my $stopped = beside(\&idle);
  kill 'STOP', $stopped;
  my $zombie = beside(sub { POSIX::_exit(7) });
  my $group = beside(sub { POSIX::setpgid(0, 0); idle() });
  my $nice = beside(sub { POSIX::nice(7); idle() });
  mkdir "$home/jail";
  write_file("$home/jail/file", 'in jail');
  my $jailed = beside(sub { chroot "$home/jail"; chdir '/'; idle() });
  my $pidfd = call('pidfd_open', $nice, 0);
  soon();
  my $stat = sub { my ($pid, $field) = @_; return (split ' ', (split /\) /, read_file("/proc/$pid/stat"))[1])[$field] };
  return sub {
    same('the stopped one', $stat->($stopped, 0), 'T');
    same('the zombie', $stat->($zombie, 0), 'Z');
    same('the group', $stat->($group, 2), $group);
    same('nice', $stat->($nice, 16), 7);
    same('its root', readlink "/proc/$jailed/root", "$home/jail");
    same('a file there', read_file("/proc/$jailed/root/file"), 'in jail');
    call('pidfd_send_signal', $pidfd, 0, 0, 0);
  };
};

$kinds{'a mount namespace'} = sub {
  my $pid = beside(sub {
    my ($none, $root, $type, $at) = ('none', '/', 'tmpfs', '/mnt');
    call('unshare', 0x20000);
    call('mount', $none, $root, 0, 0x44000, 0);       # MS_REC | MS_PRIVATE
    call('mount', $type, $at, $type, 0, 0);
    write_file('/mnt/private', 'mine');
    idle();
  });
  soon();
  return sub {
    same('a file of its own', read_file("/proc/$pid/root/mnt/private"), 'mine');
    die 'it is seen from outside' if -e '/mnt/private';
  };
};

# What sleeps is not ended by the freeze.
$kinds{'sleeping processes'} = sub {
  my %sleeper = (
    select => sub { select undef, undef, undef, 99999 },
    perl => \&idle,
    shell => sub { exec 'sh', '-c', 'while sleep 1; do :; done' },
    program => sub { exec 'sleep', 99999 },
  );
  my %pid = map { $_ => beside($sleeper{$_}) } keys %sleeper;
  return sub { for (sort keys %pid) { die "$_ was ended" if waitpid($pid{$_}, POSIX::WNOHANG()) } };
};

# Each answers, and holds a socket pair and a pipe with a line in it.
$kinds{'a crowd of processes'} = sub {
  my @ends;
  for my $i (1 .. $crowd) {
    my ($mine, $its) = pair(SOCK_STREAM);
    pipe(my $r, my $w);
    put($w, "p$i\n");
    beside(sub {
      POSIX::dup2(fileno $its, $_) for 0, 1;
      my @high = map { POSIX::dup2(fileno $_->[0], $_->[1]) && $_->[1] } [$r, 900], [$w, 901];
      POSIX::dup2($high[$_], 3 + $_) for 0, 1;
      POSIX::close($_) for @high;
      exec 'sh', '-c', 'while read line; do read held <&3; echo "<$line $held>"; echo $held >&4; done';
    });
    push @ends, $mine;
  }
  my $turn = 0;
  return sub {
    $turn++;
    put($_, "$turn\n") for @ends;
    for my $i (1 .. @ends) {
      my $answer = "<$turn p$i>\n";
      same("answer of process $i", take($ends[$i - 1], length $answer), $answer);
    }
  };
};

# A trigger of pressure stall information is set, does not say that there is pressure, and does when there is.
$kinds{'pressure triggers'} = sub {
  my @watched;
  for my $path ('/proc/pressure/memory', glob('/sys/fs/cgroup/unified/*/memory.pressure /sys/fs/cgroup/*/memory.pressure')) {
    sysopen(my $file, $path, O_RDWR) or next;    # of a cgroup that is not the instance's
    put($file, "some 1900000 2000000\0");
    push @watched, [$path, $file, pressure_epoll($file)];
  }
  die 'no pressure files' unless @watched > 1;
  sysopen(my $without, '/proc/pressure/io', O_RDWR) or die $!;
  sysopen(my $busy, '/proc/pressure/cpu', O_RDWR) or die $!;
  put($busy, "some 50000 2000000\0");
  my $busy_epoll = pressure_epoll($busy);
  return sub {
    for (@watched) {
      my ($path, $file, $epoll) = @$_;
      same("files that are ready of $path", pressure_events($epoll, 0), 0);
      same("trigger of $path", has_trigger($file), 1);
    }
    same('trigger of the file that had none', has_trigger($without), 0);
    same('trigger of the processors', has_trigger($busy), 1);
    my @load = map { beside(sub { 1 while 1 }) } 1 .. 1 + split /^processor/m, read_file('/proc/cpuinfo');
    my $events = pressure_events($busy_epoll, 60);
    kill 'KILL', @load;
    waitpid $_, 0 for @load;
    same('events under load', $events, 1);
  };
};

sub pressure_epoll {
  my ($file) = @_;
  my $epoll = call('epoll_create1', 02000000);
  my $wanted = pack 'L Q', 2, fileno $file;    # EPOLLPRI
  call('epoll_ctl', $epoll, 1, fileno $file, $wanted);
  return $epoll;
}

sub pressure_events {
  my ($epoll, $patience) = @_;
  for (my $end = time + $patience;;) {
    my $events = syscall($number{epoll_wait}, $epoll, my $found = "\0" x 12, 1, 1000 * $patience);
    return $events if $events > 0 || $patience == 0 || time > $end;    # else a signal or a move has ended it early
  }
}

# A second one is refused before it is read.
sub has_trigger { my ($file) = @_; return !defined syswrite($file, "x\0") && $!{EBUSY} ? 1 : 0 }
