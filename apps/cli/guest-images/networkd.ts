import { dhcpSettings } from './dhcp-settings.js';

/** systemd-networkd asks DHCP and tells systemd-resolved, in place of our own DHCP settings. */
export const networkdLinks = {
  [dhcpSettings.unit]: '/dev/null',
  'etc/resolv.conf': '../run/systemd/resolve/stub-resolv.conf',
  'etc/systemd/system/multi-user.target.wants/systemd-networkd.service': '/lib/systemd/system/systemd-networkd.service',
  'etc/systemd/system/sockets.target.wants/systemd-networkd.socket': '/lib/systemd/system/systemd-networkd.socket',
};
