/**
 * The host puts addresses on a guest's NICs; name servers and routes of the subnet come by DHCP only. The guest asks
 * once at its start, and nothing stays running. udhcpc calls the same script with the answer.
 */
export const dhcpSettings = {
  packages: ['udhcpc'],
  path: 'usr/local/sbin/dhcp-settings',
  script: `#!/bin/sh
case "$1" in
'') exec udhcpc -i eth0 -f -n -q -t 5 -T 1 -O staticroutes -s "$0" ;;
bound)
  for server in $dns; do echo "nameserver $server"; done >/etc/resolv.conf
  set -- $staticroutes
  while [ $# -ge 2 ]; do
    [ "$1" = 0.0.0.0/0 ] || ip route replace "$1" via "$2" dev "$interface"
    shift 2
  done
  ;;
esac
`,
  /** For systemd. A subnet without DHCP is no failure. */
  unit: 'etc/systemd/system/dhcp-settings.service',
  service: `[Unit]
Description=Name servers and routes from DHCP

[Service]
Type=oneshot
ExecStart=-/usr/local/sbin/dhcp-settings
RemainAfterExit=yes

[Install]
WantedBy=multi-user.target
`,
};
