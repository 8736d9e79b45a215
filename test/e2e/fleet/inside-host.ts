import { relative } from 'node:path';
import { CommandError } from '#apps/cli/process/command';
import { LocalFleet } from '#apps/cli/demo/local-fleet';
import { HOST_REPOSITORY, Layout, repository } from '#apps/cli/fleet/layout';
import { guestImages } from '#apps/cli/guest-images/guest-images';
import { HOST_NODE } from '#apps/cli/simhost/sim-host';
import { setting } from '#libs/common/config';

const INSIDE = 'LXSTACK_TEST_NAMESPACE';

/** True in the process that `runInsideHost` started. */
export const isInsideHost = process.env[INSIDE] === '1';

/**
 * Runs the test file again on a host, where the agent's programs are, in network and mount namespaces of its own: what it
 * does to devices and rules ends with it. Rejects with what it printed where a test of it failed.
 */
export async function runInsideHost(file: string): Promise<void> {
  const local = await LocalFleet.open(new Layout(setting('LXSTACK_DEPLOYMENT')), await guestImages());
  const script = 'mount -t sysfs sysfs /sys && ip link set lo up && exec "$@"';
  const there = `${HOST_REPOSITORY}/${relative(repository, file)}`;
  const test = [HOST_NODE, '--enable-source-maps', '--test-reporter=spec', there];
  try {
    const words = ['unshare', '--net', '--mount', '--', 'sh', '-ec', script, 'sh'];
    await local.runOn(local.hosts[0], ['env', `${INSIDE}=1`, ...words, ...test]);
  } catch (error) {
    throw error instanceof CommandError ? new Error(`inside a host:\n${error.output}`, { cause: error }) : error;
  }
}
