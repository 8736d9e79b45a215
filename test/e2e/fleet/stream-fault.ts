import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from '#apps/cli/fleet/layout';
import { SimHost } from '#apps/cli/simhost/sim-host';

const BTRFS = '/usr/bin/btrfs';
/** Inside a host; its agent's state is reached from outside too. */
const INSIDE = '/var/lib/lxstack-agent/faults';

/** What becomes of one stream that comes to the host. */
type Answer = 'take' | 'refuse';

/**
 * A host whose `btrfs receive` breaks off in the middle of a stream, as where its file system has an error: the host's own program is
 * covered by a script.
 */
export class StreamFault {
  private readonly simHost: SimHost;
  private readonly outside: string;

  constructor(layout: Layout, host: string) {
    this.simHost = new SimHost(layout, host, '');
    this.outside = join(layout.host(host).agentState, 'faults');
  }

  /** `answers`: to the next streams, in their order; those after them are taken. */
  async set(...answers: Answer[]): Promise<void> {
    await this.clear();
    await mkdir(this.outside, { recursive: true });
    await writeFile(join(this.outside, 'answers'), answers.map((answer) => `${answer}\n`).join(''));
    const script = `#!/bin/sh
if [ "$1" = receive ]; then
  read -r answer <${INSIDE}/answers
  sed -i 1d ${INSIDE}/answers
  if [ "$answer" = refuse ]; then
    head -c 200000 | ${INSIDE}/btrfs.real "$@"
    echo 'the test breaks it off' >&2
    exit 1
  fi
fi
exec ${INSIDE}/btrfs.real "$@"
`;
    await writeFile(join(this.outside, 'btrfs'), script);
    await chmod(join(this.outside, 'btrfs'), 0o755);
    await this.simHost.run(['cp', BTRFS, `${INSIDE}/btrfs.real`]);
    await this.simHost.run(['mount', '--bind', `${INSIDE}/btrfs`, BTRFS]);
  }

  async clear(): Promise<void> {
    const mounts = await this.simHost.run(['cat', '/proc/self/mounts']);
    if (mounts.split('\n').some((line) => line.split(' ')[1] === BTRFS)) await this.simHost.run(['umount', BTRFS]);
    await this.simHost.run(['rm', '-rf', INSIDE]);
  }
}
