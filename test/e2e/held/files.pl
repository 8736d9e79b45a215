# In the guest's disk, on tmpfs and in memory; nothing, a little, and more than CRIU takes unasked.
$kinds{'deleted files'} = sub {
  my @files;
  for my $size (0, 1000, 3 << 20) {
    for my $directory ($home, '/run', '/dev/shm') {
      my $path = "$directory/held-deleted-$size";
      open(my $file, '+>', $path) or die $!;
      put($file, pattern($size, 4)) if $size;
      unlink $path;
      push @files, [$file, $size, $path];
    }
  }
  return sub { for (@files) { my ($file, $size, $path) = @$_; same($path, whole($file), pattern($size, 4)) } };
};

$kinds{'a file that has lost the name it was opened by'} = sub {
  write_file("$home/one", 'linked');
  link "$home/one", "$home/two";
  open(my $linked, '+<', "$home/one");
  unlink "$home/one";
  write_file("$home/replaced", 'old');
  open(my $replaced, '<', "$home/replaced");
  write_file("$home/replaced.new", 'new');
  rename "$home/replaced.new", "$home/replaced";
  return sub {
    same('its content', whole($linked), 'linked');
    same('by its other name', read_file("$home/two"), 'linked');
    die 'the first name is there again' if -e "$home/one";
    same('the old one of a replaced file', whole($replaced), 'old');
    same('the new one', read_file("$home/replaced"), 'new');
  };
};

$kinds{'a deleted file of the image, a mapped one, a running program, directories'} = sub {
  my $path = '/usr/share/perl5/Debconf/Priority.pm';
  open(my $file, '<', $path) or die "$path: $!";
  my $was = whole($file);
  unlink $path;
  write_file("$home/mapped", pattern(8192, 5));
  open(my $map, '+<', "$home/mapped");
  my $address = map_memory(8192, 1, fileno $map);
  close $map;
  unlink "$home/mapped";
  mkdir "$home/$_" for 'open', 'cwd';
  opendir(my $directory, "$home/open");
  rmdir "$home/open";
  my $inside = beside(sub { chdir "$home/cwd"; rmdir "$home/cwd"; idle() });
  system("cp /bin/sleep $home/program");
  my $program = beside(sub { exec "$home/program", 100000 });
  soon();
  unlink "$home/program";
  return sub {
    same('the file of the image', whole($file), $was);
    same('mapped', peek($address, 8192), pattern(8192, 5));
    same('working directory', readlink "/proc/$inside/cwd", "$home/cwd (deleted)");
    die 'a directory is there again' if -e "$home/open" || -e "$home/cwd";
    same('the program', readlink "/proc/$program/exe", "$home/program (deleted)");
    my @none = readdir $directory;
  };
};

# Of the guest's disk, of the image, and on a tmpfs.
$kinds{inotify} = sub {
  mkdir $_ for "$home/watched", '/run/held-watched';
  write_file("$home/watched-file", 'a');
  my $fd = call('inotify_init1', 2048);
  my $events = handle($fd);
  my %path;
  for ("$home/watched", '/run/held-watched', "$home/watched-file", '/etc', '/usr/share/perl5', '/etc/debian_version', '/opt') {
    my $name = $_;
    $path{call('inotify_add_watch', $fd, $name, 0x302)} = $name; # IN_MODIFY, IN_CREATE, IN_DELETE
  }
  return sub {
    sysread $events, my $earlier, 65536;
    for my $path (values %path) {
      if (-d $path) { write_file("$path/held-new", 'x'); unlink "$path/held-new" }
      else { open(my $file, '>>', $path) or die $!; put($file, ' ') }
    }
    my ($read, %seen) = ('');
    1 while sysread $events, $read, 65536, length $read;
    while (length $read) {
      my ($watch, undef, undef, $length) = unpack 'l L L L', $read;
      $seen{$watch}++;
      substr($read, 0, 16 + $length, '');
    }
    $seen{$_} or die "no event of $path{$_}" for keys %path;
  };
};

# What another process must not get.
$kinds{'file locks and a lease'} = sub {
  my %file;
  open($file{$_}, '+>', "$home/lock-$_") or die $! for qw(flock posix ofd);
  my $all = sub { return pack 's s x4 q q i x4', 1, 0, 0, 10, 0 };
  flock($file{flock}, LOCK_EX) or die $!;
  fcntl($file{posix}, 6, my $posix = $all->()) or die "posix: $!";
  fcntl($file{ofd}, 37, my $ofd = $all->()) or die "ofd: $!";
  write_file("$home/leased", 'x');
  open(my $leased, '<', "$home/leased");
  fcntl($leased, 1024, 0) // die "lease: $!";         # F_SETLEASE
  my $got = sub {
    my ($how, $file) = @_;
    return flock($file, LOCK_EX | LOCK_NB) if $how eq 'flock';
    return fcntl($file, $how eq 'posix' ? 6 : 37, my $lock = $all->());
  };
  return sub {
    for my $how (sort keys %file) {
      my $pid = beside(sub { open(my $again, '+<', "$home/lock-$how"); POSIX::_exit($got->($how, $again) ? 9 : 0) });
      waitpid $pid, 0;
      same("another's right to the $how lock", $? >> 8, 0);
    }
    same('the lease', 0 + fcntl($leased, 1025, 0), 0); # F_GETLEASE
  };
};

$kinds{'contents of tmpfs'} = sub {
  my $mount = "$home/tmpfs";
  mkdir $mount;
  system('mount', '-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', $mount) == 0 or die 'mount';
  mkdir "$mount/d";
  my @names = map { "$mount/d/$_" } 1 .. 50;
  write_file($_, pattern(4096, 6)) for @names, '/run/held-file', '/dev/shm/held-file';
  symlink 'd/1', "$mount/link";
  link $names[0], "$mount/hard";
  chmod 0640, $names[1];
  chown 1, 2, $names[1];
  return sub {
    same($_, read_file($_), pattern(4096, 6)) for @names, '/run/held-file', '/dev/shm/held-file';
    same('symbolic link', readlink "$mount/link", 'd/1');
    same('hard link', (lstat "$mount/hard")[1], (lstat $names[0])[1]);
    my @second = stat $names[1];
    same('mode and owner', join(',', $second[2] & 0777, @second[4, 5]), '416,1,2');
  };
};

$kinds{'open files, offsets, O_APPEND, O_PATH, of /proc and /sys'} = sub {
  sysopen(my $path, $home, 010000000) or die "O_PATH: $!";
  write_file("$home/appended", 'a');
  open(my $appended, '>>', "$home/appended");
  open(my $read, '<', '/etc/passwd');
  sysseek($read, 5, 0);
  my @kernel = map { open(my $file, '<', $_) or die "$_: $!"; $file }
    qw(/proc/self/status /proc/meminfo /proc/1/stat /sys/class/net/lo/mtu /proc/sys/kernel/hostname /proc/mounts);
  my $dead = beside(\&idle);
  open(my $gone, '<', "/proc/$dead/status");
  kill 9, $dead;
  waitpid $dead, 0;
  return sub {
    put($appended, 'b');
    read_file("$home/appended") =~ /^ab+$/ or die 'not appended';
    same('O_PATH', readlink '/proc/self/fd/' . fileno $path, $home);
    same('offset', sysseek($read, 0, 1) + 0, 5);
    length whole($_) or die 'a file of the kernel is empty' for @kernel;
    die 'of a dead process there is a status' if sysread $gone, my $status, 100;
  };
};
