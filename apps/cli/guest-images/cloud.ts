import { join } from 'node:path';
import { archive, unpack } from './archive.js';
import { dhcpSettings } from './dhcp-settings.js';
import { addPackages, putFiles, suites } from './debian-root.js';

/** cloud-init asks for the metadata service by DHCP of its own, and leaves the network to networkd. */
const packages = ['cloud-init', 'isc-dhcp-client', 'openssh-server', 'sudo'];

const files = {
  // Nothing needs the network to be complete before it, and a server without a network starts without waiting.
  'etc/systemd/system/systemd-networkd-wait-online.service.d/brief.conf': `[Service]
ExecStart=
ExecStart=/lib/systemd/systemd-networkd-wait-online --any --timeout=30
`,
};

const wants = 'etc/systemd/system/multi-user.target.wants';
const links = {
  [dhcpSettings.unit]: '/dev/null',
  [`${wants}/systemd-networkd.service`]: '/lib/systemd/system/systemd-networkd.service',
  'etc/systemd/system/sockets.target.wants/systemd-networkd.socket': '/lib/systemd/system/systemd-networkd.socket',
};

/** What the image is made from; a change makes a new one. */
export const cloudRecipe = { version: 1, suite: suites.debian12, packages, files, links };

/** Makes `cloud.tar.gz` in `directory`: Debian 12 as clouds have it, with cloud-init and sshd, from the Debian's archive. */
export async function buildCloud(directory: string, debian: string, logFile: string): Promise<void> {
  const root = join(directory, 'root');
  await unpack(debian, root);
  await addPackages(root, cloudRecipe, logFile);
  await putFiles(root, cloudRecipe);
  await archive(root, join(directory, 'cloud.tar.gz'));
}
