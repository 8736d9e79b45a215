$kinds{'System V memory, semaphores, messages'} = sub {
  my $memory = shmget(77, 65536, 01600) // die "shmget: $!";
  my $address = call('shmat', $memory, 0, 0);
  poke($address, pattern(65536, 2));
  my $semaphores = semget(78, 2, 01600) // die "semget: $!";
  semctl($semaphores, 1, 16, 5);                      # SETVAL
  my $queue = msgget(79, 01600) // die "msgget: $!";
  msgsnd($queue, pack('q a*', 3, 'message'), 0) or die $!;
  return sub {
    same('memory', peek($address, 65536), pattern(65536, 2));
    shmread($memory, my $read, 0, 8);
    same('memory by its id', $read, pattern(8, 2));
    same('semaphore', semctl($semaphores, 1, 12, 0), 5); # GETVAL
    msgrcv($queue, my $message, 100, 0, 0) or die $!;
    same('message', (unpack 'q a*', $message)[1], 'message');
    msgsnd($queue, $message, 0);
  };
};

# With a process that changes it: a file of /dev/shm, the same deleted, a memfd, and without a name.
$kinds{'shared memory'} = sub {
  my @maps;
  for my $how ('in /dev/shm', 'deleted', 'memfd', 'nameless') {
    my ($fd, $file) = (-1);
    if ($how eq 'memfd') {
      my $name = 'held';
      $fd = call('memfd_create', $name, 2);
      $file = handle($fd);
    } elsif ($how ne 'nameless') {
      my $path = '/dev/shm/held-' . ($how eq 'deleted' ? 'deleted' : 'kept');
      open($file, '+>', $path) or die $!;
      unlink $path if $how eq 'deleted';
      $fd = fileno $file;
    }
    truncate($file, 1 << 20) or die "truncate: $!" if $file;
    my $address = map_memory(1 << 20, $file ? 1 : 33, $fd);
    poke($address, pattern(1 << 16, 3));
    push @maps, [$address, $how, $file];
  }
  my ($mine, $its) = pair(SOCK_STREAM);
  beside(sub { while (sysread $its, my $word, 4) { poke($_->[0] + 70000, $word) for @maps; put($its, 'done') } });
  my $turn = 1000;
  return sub {
    put($mine, ++$turn);
    take($mine, 4);
    for (@maps) {
      my ($address, $how) = @$_;
      same("memory $how", peek($address, 1 << 16), pattern(1 << 16, 3));
      same("memory $how, changed by the other", peek($address + 70000, 4), $turn);
    }
  };
};

$kinds{'sealed memfd'} = sub {
  my $name = 'sealed';
  my $file = handle(call('memfd_create', $name, 2));
  put($file, 'content');
  fcntl($file, 1033, 15) or die "seal: $!";           # F_ADD_SEALS
  return sub {
    same('content', whole($file), 'content');
    same('seals', fcntl($file, 1034, 0), 15);         # F_GET_SEALS
  };
};

# perl-base has no threads: 200 are cloned by 121 bytes of code. Each counts, five times a second; the first one waits.
$kinds{'200 threads'} = sub {
  my ($count, $name) = (200, 'counters');
  my $file = handle(call('memfd_create', $name, 0));
  truncate($file, 4096);
  my $counters = map_memory(4096, 1, fileno $file);
  beside(sub {
    my $stacks = map_memory($count * 16384, 34);
    my $code = map_memory(4096, 34, -1, 7);
    # clone(VM|FS|FILES|SIGHAND|THREAD|SYSVSEM) as often as said, then pause; in each: inc, nanosleep, again.
    my $loop = 'bf000f05004c89ee31d24531d24531c0b8380000000f0585c074194981c5004000004983c60849ffcc75d5b8220000000f05ebf7'
      . '4883ec10f049ff0648c704240000000048c744240800c2eb0b4889e731f6b8230000000f05ebdd';
    poke($code, pack 'H* Q H* Q H* Q H*', '49bc', $count, '49bd', $stacks + 16384, '49be', $counters, $loop);
    require DynaLoader;
    DynaLoader::dl_install_xsub('main::clone_all', $code);
    clone_all();
  });
  soon();
  return sub {
    my @before = unpack 'Q200', peek($counters, 1600);
    my $still = $count;
    for (my $end = time + 10; $still; soon()) {
      my @now = unpack 'Q200', peek($counters, 1600);
      $still = grep { $now[$_] == $before[$_] } 0 .. $count - 1;
      die "$still of $count threads stand still" if $still && time > $end;
    }
  };
};
