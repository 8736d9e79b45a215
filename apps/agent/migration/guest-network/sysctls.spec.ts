import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedSysctls, parseSysctls } from './sysctls.js';

const pristine = parseSysctls(`/proc/sys/net/ipv4/ip_forward:0
/proc/sys/net/ipv4/conf/default/rp_filter:0
/proc/sys/net/ipv4/conf/lo/rp_filter:0
/proc/sys/net/ipv4/tcp_rmem:4096\t131072\t6291456
`);

test("sysctls that the guest has set go along, a NIC's compared with the defaults of NICs, general keys first", () => {
  const present = parseSysctls(`/proc/sys/net/ipv4/conf/eth0/rp_filter:2
/proc/sys/net/ipv4/conf/eth1/rp_filter:0
/proc/sys/net/ipv4/conf/lo/rp_filter:1
/proc/sys/net/ipv4/tcp_rmem:4096\t131072\t6291456
/proc/sys/net/ipv4/ip_forward:1
/proc/sys/net/ipv4/new_in_this_kernel:1
`);
  assert.deepEqual(changedSysctls(present, pristine, ['eth0', 'eth1']), [
    ['net/ipv4/ip_forward', '1'],
    ['net/ipv4/conf/eth0/rp_filter', '2'],
    ['net/ipv4/conf/lo/rp_filter', '1'],
  ]);
});
