import type { Layout } from '../fleet/layout.js';
import { COVER, CoveredProgram } from '../simhost/covered-program.js';

/** What happens when all is restored, sockets too: an action script refuses, each time, or CRIU is killed, the first time. */
const ACTIONS = {
  refused: 'exit 1',
  'killed-once': `[ -e ${COVER}/once ] || exit 0; rm ${COVER}/once; kill -9 "$PPID"`,
};

/** A host whose CRIU restores up to the last but one stage and then fails. LXStack has no hook for it. */
export class RestoreFault {
  private readonly criu: CoveredProgram;

  constructor(layout: Layout, host: string) {
    this.criu = new CoveredProgram(layout, host, '/usr/sbin/criu');
  }

  async set(how: keyof typeof ACTIONS): Promise<void> {
    const act = `#!/bin/sh\n[ "$CRTOOLS_SCRIPT_ACTION" = post-restore ] || exit 0\n${ACTIONS[how]}\n`;
    const criu = `#!/bin/sh
[ "$1" = restore ] && exec ${this.criu.real} "$@" --action-script ${COVER}/act
exec ${this.criu.real} "$@"
`;
    await this.criu.cover(criu, { act, once: '' });
  }

  clear(): Promise<void> {
    return this.criu.uncover();
  }
}
