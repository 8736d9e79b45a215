# Data that nobody has read yet, and a process at the other end.
$kinds{pipe} = sub {
  my $data = pattern(65536, 1);
  pipe(my $r, my $w);
  put($w, $data);
  pipe(my $answers, my $its);
  pipe(my $in, my $questions);
  beside(sub { while (sysread $in, my $line, 100) { put($its, "<$line>") } });
  return sub {
    same('data in the pipe', take($r, 65536), $data);
    put($w, $data);
    put($questions, 'x');
    same('the echo', take($answers, 3), '<x>');
  };
};

$kinds{fifo} = sub {
  POSIX::mkfifo("$home/fifo", 0600);
  sysopen(my $file, "$home/fifo", O_RDWR);
  put($file, 'waits');
  return sub {
    same('data in the FIFO', take($file, 5), 'waits');
    sysopen(my $other, "$home/fifo", O_WRONLY) or die $!;
    put($other, 'waits');
  };
};

$kinds{'socket pair'} = sub {
  my @pairs = map { my ($a, $b) = pair($_); put($a, "queued $_"); [$a, $b, $_] } SOCK_STREAM, SOCK_DGRAM, 5;
  return sub {
    for (@pairs) {
      my ($a, $b, $type) = @$_;
      same("message of type $type", take($b, 8), "queued $type");
      put($a, "queued $type");
    }
  };
};

$kinds{'unix stream sockets'} = sub {
  my @ends;
  for my $name ("$home/stream.sock", "\0held-stream") {
    socket(my $server, AF_UNIX, SOCK_STREAM, 0);
    bind($server, pack_sockaddr_un($name)) or die "bind: $!";
    listen($server, 9);
    socket(my $client, AF_UNIX, SOCK_STREAM, 0);
    connect($client, pack_sockaddr_un($name)) or die "connect: $!";
    accept(my $accepted, $server);
    beside(sub { while (sysread $accepted, my $line, 100) { put($accepted, "<$line>") } });
    push @ends, [$server, $client, $name];
  }
  return sub {
    for (@ends) {
      my ($server, $client, $name) = @$_;
      put($client, 'x');
      same('the echo', take($client, 3), '<x>');
      socket(my $new, AF_UNIX, SOCK_STREAM, 0);
      connect($new, pack_sockaddr_un($name)) or die "connect: $!";
      accept(my $accepted, $server);
      put($new, 'y');
      same('data of a new connection', take($accepted, 1), 'y');
    }
  };
};

# A descriptor on its way through a socket (SCM_RIGHTS).
$kinds{'descriptor in a socket'} = sub {
  my ($a, $b) = pair(SOCK_STREAM);
  my $message = sub { my ($vector, $control) = @_; return pack 'Q Q P Q P Q Q', 0, 0, $$vector, 1, $$control, 24, 0 };
  my $send = sub {
    pipe(my $r, my $w);
    put($w, 'inside');
    my $data = 'd';
    my $vector = pack 'P Q', $data, 1;
    my $control = pack 'Q i i i x4', 20, 1, 1, fileno $r;
    call('sendmsg', fileno $a, my $header = $message->(\$vector, \$control), 0);
  };
  $send->();
  return sub {
    my $data = ' ';
    my $vector = pack 'P Q', $data, 1;
    my $control = "\0" x 24;
    call('recvmsg', fileno $b, my $header = $message->(\$vector, \$control), 0);
    my $pipe = handle((unpack 'Q i i i', $control)[3], '<&=');
    same('what is in the pipe that came along', take($pipe, 6), 'inside');
    $send->();
  };
};

$kinds{'pseudo terminal'} = sub {
  my ($zero, $number, $size) = (pack('i', 0), pack('i', 0), pack('S4', 33, 99, 0, 0));
  sysopen(my $terminal, '/dev/ptmx', O_RDWR | O_NOCTTY) or die "ptmx: $!";
  ioctl($terminal, 0x80045430, $number) or die $!;    # TIOCGPTN
  ioctl($terminal, 0x40045431, $zero) or die $!;      # TIOCSPTLCK
  ioctl($terminal, 0x5414, $size);                    # TIOCSWINSZ
  my $path = '/dev/pts/' . unpack 'i', $number;
  beside(sub {
    POSIX::setsid();
    sysopen(my $end, $path, O_RDWR) or die $!;
    POSIX::dup2(fileno $end, $_) for 0 .. 2;
    exec 'cat';
  });
  soon();
  return sub {
    put($terminal, "line\n");
    same('echo and answer', take($terminal, 12), "line\r\nline\r\n");
    my $now = "\0" x 8;
    ioctl($terminal, 0x5413, $now);                   # TIOCGWINSZ
    same('size', join(',', unpack 'S4', $now), '33,99,0,0');
  };
};

$kinds{'eventfd, epoll, signalfd'} = sub {
  my $event = call('eventfd2', 41, 0);
  my $mask = pack 'Q', 1 << 34;
  POSIX::sigprocmask(0, POSIX::SigSet->new(35));
  my $signals = call('signalfd4', -1, $mask, 8, 0);
  kill 35, $$;
  pipe(my $r, my $w);
  my $epoll = call('epoll_create1', 02000000);        # EPOLL_CLOEXEC
  for my $fd (fileno $r, $event) {
    my $wanted = pack 'L Q', 1, 1000 + $fd;
    call('epoll_ctl', $epoll, 1, $fd, $wanted);
  }
  my ($counter, $queue) = (handle($event), handle($signals, '<&='));
  return sub {
    same('the counter', unpack('Q', take($counter, 8)), 41);
    put($w, 'x');
    my $found = "\0" x 120;
    same('files that are ready', call('epoll_wait', $epoll, $found, 10, 1000), 1);
    same('their data', (unpack 'L Q', $found)[1], 1000 + fileno $r);
    take($r, 1);
    put($counter, pack 'Q', 41);
    same('the signal', unpack('L', take($queue, 128)), 35);
    kill 35, $$;
  };
};
