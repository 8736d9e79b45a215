import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from '../fleet/layout.js';
import { SimHost } from '../simhost/sim-host.js';

/** Inside a host: CRIU itself, kept beside what is put over it. */
const CRIU = '/usr/sbin/criu';
const INSIDE = '/var/lib/lxstack-agent/faults';

/** What happens when all is restored, sockets too: an action script refuses, each time, or CRIU is killed, the first time. */
const ACTIONS = {
  refused: 'exit 1',
  'killed-once': `[ -e ${INSIDE}/once ] || exit 0; rm ${INSIDE}/once; kill -9 "$PPID"`,
};

/**
 * A host whose CRIU restores up to the last but one stage and then fails. LXStack has no hook for it: the host's own
 * /usr/sbin/criu is covered by a script, as a broken package would.
 */
export class RestoreFault {
  private readonly simHost: SimHost;

  constructor(
    private readonly layout: Layout,
    host: string,
  ) {
    this.simHost = new SimHost(layout, host, '');
  }

  async set(how: keyof typeof ACTIONS): Promise<void> {
    await this.clear();
    const outside = join(this.layout.host(this.simHost.name).agentState, 'faults');
    await mkdir(outside, { recursive: true });
    const act = `#!/bin/sh\n[ "$CRTOOLS_SCRIPT_ACTION" = post-restore ] || exit 0\n${ACTIONS[how]}\n`;
    const criu = `#!/bin/sh
[ "$1" = restore ] && exec ${INSIDE}/criu.real "$@" --action-script ${INSIDE}/act
exec ${INSIDE}/criu.real "$@"
`;
    for (const [name, text] of Object.entries({ act, criu, once: '' })) {
      await writeFile(join(outside, name), text);
      await chmod(join(outside, name), 0o755);
    }
    await this.simHost.run(['cp', CRIU, `${INSIDE}/criu.real`]);
    await this.simHost.run(['mount', '--bind', `${INSIDE}/criu`, CRIU]);
  }

  async clear(): Promise<void> {
    const mounts = await this.simHost.run(['cat', '/proc/self/mounts']);
    if (mounts.split('\n').some((line) => line.split(' ')[1] === CRIU)) await this.simHost.run(['umount', CRIU]);
    await this.simHost.run(['rm', '-rf', INSIDE]);
  }
}
