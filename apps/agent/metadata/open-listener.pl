# Makes listening sockets inside network namespaces and hands them to its parent, a Node process, over its IPC channel.
# Reads lines "KEY PATH": the name of the listener and its namespace's file. Writes "KEY REASON" for each that failed.
# A process must enter a namespace to make a socket there, and Node cannot; the socket stays there, whoever has it.
use strict;
use warnings;
use IO::Handle;
use POSIX ();
use Socket qw(:all);

# setns(2) and sendmsg(2) by machine; perl has no functions for them.
my %numbers = (x86_64 => [ 308, 46 ], aarch64 => [ 268, 211 ]);
my ($setns, $sendmsg) = @{ $numbers{ (POSIX::uname())[4] } or die "no system calls known for this machine\n" };
my ($CLONE_NEWNET, $SOCK_CLOEXEC, $SCM_RIGHTS, $PORT) = (0x40000000, 02000000, 1, 80);
open my $own, '<', '/proc/self/ns/net' or die "own namespace: $!\n";
STDOUT->autoflush(1);

while (my $line = <STDIN>) {
    chomp $line;
    my ($key, $path) = split / /, $line, 2;
    next if eval { hand_over($key, listener_in($path)); 1 };
    (my $reason = $@) =~ s/\n/ /g;
    print "$key $reason\n";
}

sub listener_in {
    my ($path) = @_;
    open my $namespace, '<', $path or die "$path: $!\n";
    enter($namespace);
    my $listener = eval { listener() };
    my $reason = $@;
    enter($own);
    return $listener // die $reason;
}

sub enter {
    my ($namespace) = @_;
    syscall($setns, fileno $namespace, $CLONE_NEWNET) == 0 or die "setns: $!\n";
}

# For IPv6 and IPv4.
sub listener {
    socket my $listener, AF_INET6, SOCK_STREAM | $SOCK_CLOEXEC, 0 or die "socket: $!\n";
    setsockopt $listener, SOL_SOCKET, SO_REUSEADDR, 1 or die "setsockopt: $!\n";
    setsockopt $listener, IPPROTO_IPV6, IPV6_V6ONLY, 0 or die "setsockopt: $!\n";
    bind $listener, pack_sockaddr_in6($PORT, IN6ADDR_ANY) or die "bind: $!\n";
    listen $listener, 128 or die "listen: $!\n";
    return $listener;
}

# As a Node child sends a handle: a line of JSON with the descriptor beside it (struct msghdr and cmsghdr of 64 bits).
sub hand_over {
    my ($key, $listener) = @_;
    my $text = qq({"cmd":"NODE_HANDLE","type":"net.Native","msg":{"key":"$key"}}\n);
    my $vector = pack 'PQ', $text, length $text;
    my $control = pack 'QllLx4', 20, SOL_SOCKET, $SCM_RIGHTS, fileno $listener;
    my $message = pack 'QLx4PQPQLx4', 0, 0, $vector, 1, $control, length $control, 0;
    syscall($sendmsg, $ENV{NODE_CHANNEL_FD} + 0, $message, 0) > 0 or die "sendmsg: $!\n";
}
