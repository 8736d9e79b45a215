# `hold CROWD`: makes all kinds, one of them with that many processes, and waits in the background.
# `ask`: a line of each, "KIND: ok" or what is wrong.
my $blocked = POSIX::SigSet->new;

sub hold {
  POSIX::setsid();
  $0 = 'held';
  POSIX::sigprocmask(0, POSIX::SigSet->new(10));
  my $asked = 0;
  $SIG{USR1} = sub { $asked = 1 };
  $SIG{PIPE} = 'IGNORE';
  open(STDIN, '<', '/dev/null');
  open($_, '>', '/dev/null') for *STDOUT, *STDERR;
  my (%verify, %broken);
  for (sort keys %kinds) { $verify{$_} = eval { $kinds{$_}->() } or $broken{$_} = $@ }
  POSIX::sigprocmask(0, POSIX::SigSet->new, $blocked);
  $blocked->delset(10);
  answer("$home/pid", $$);
  while (1) {
    POSIX::sigsuspend($blocked);
    next unless $asked;
    $asked = 0;
    my $word = sub { $broken{$_} ? "not made: $broken{$_}" : eval { $verify{$_}->(); 1 } ? 'ok' : $@ };
    my @lines = map { "$_: " . $word->() } sort keys %kinds;
    chomp @lines;
    answer("$home/answer", join("\n", @lines));
  }
}

sub answer { my ($path, $text) = @_; write_file("$path.new", $text); rename "$path.new", $path }

sub wait_for {
  my ($path) = @_;
  for (my $end = time + 60; !-e $path; select undef, undef, undef, 0.02) { die "no $path" if time > $end }
  return read_file($path);
}

if ($ARGV[0] eq 'hold') {
  mkdir $home;
  fork or hold();
  wait_for("$home/pid");
} else {
  unlink "$home/answer";
  kill 'USR1', 0 + read_file("$home/pid") or die "what held is gone: $!";
  print wait_for("$home/answer");
}
