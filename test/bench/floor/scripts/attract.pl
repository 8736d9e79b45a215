#!/usr/bin/perl
# Waits for the source's NIC to be cut, then has the switch learn the guest's MAC on this host's uplink (a gratuitous ARP).
use strict; use warnings;
my ($cut, $mac, $address) = @ARGV;
my $hw = pack 'H12', $mac =~ tr/://dr;
my $ip = pack 'C4', split /\./, $address;
open my $in, '<', '/sys/class/net/up0/ifindex' or die $!; chomp(my $index = <$in>);
socket(my $s, 17, 3, 0) or die "socket: $!"; # AF_PACKET, SOCK_RAW
bind($s, pack('SnlSCCa8', 17, 0, $index, 0, 0, 0, '')) or die "bind: $!";
my $end = time + 10;
select undef, undef, undef, 0.0005 until -e $cut or time > $end;
syswrite $s, "\xff" x 6 . $hw . pack('nnnCCn', 0x0806, 1, 0x0800, 6, 4, 1) . $hw . $ip . "\0" x 6 . $ip;
