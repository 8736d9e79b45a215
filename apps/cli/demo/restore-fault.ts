import type { Layout } from '../fleet/layout.js';
import { COVER, CoveredProgram } from '../simhost/covered-program.js';

/**
 * What happens when everything is restored, sockets too: an action script refuses, each time; or CRIU is killed, the
 * first time.
 */
const ACTIONS = {
  refused: 'exit 1',
  'killed-once': `[ -e ${COVER}/once ] || exit 0; rm ${COVER}/once; kill -9 "$PPID"`,
};

/**
 * Makes a host's CRIU restore up to the last stage but one and then fail. It replaces the program, because LXStack has
 * no hook for that.
 */
export class RestoreFault {
  private readonly criu: CoveredProgram;

  constructor(layout: Layout, host: string) {
    this.criu = new CoveredProgram(layout, host, '/usr/sbin/criu');
  }

  /** Begins to fail restores in this way. */
  async set(how: keyof typeof ACTIONS): Promise<void> {
    const act = `#!/bin/sh\n[ "$CRTOOLS_SCRIPT_ACTION" = post-restore ] || exit 0\n${ACTIONS[how]}\n`;
    const criu = `#!/bin/sh
[ "$1" = restore ] && exec ${this.criu.real} "$@" --action-script ${COVER}/act
exec ${this.criu.real} "$@"
`;
    await this.criu.cover(criu, { act, once: '' });
  }

  /** Ends the fault. */
  clear(): Promise<void> {
    return this.criu.uncover();
  }
}
