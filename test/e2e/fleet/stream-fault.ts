import type { Layout } from '#apps/cli/fleet/layout';
import { COVER, CoveredProgram } from '#apps/cli/simhost/covered-program';

/** What the host does with a stream that arrives. */
type Answer = 'take' | 'refuse';

/** A host whose `btrfs receive` breaks off in the middle of a stream, as with an error of its file system. */
export class StreamFault {
  private readonly btrfs: CoveredProgram;

  constructor(layout: Layout, host: string) {
    this.btrfs = new CoveredProgram(layout, host, '/usr/bin/btrfs');
  }

  /** `answers`: to the next streams, in their order; later ones are taken. */
  async set(...answers: Answer[]): Promise<void> {
    const script = `#!/bin/sh
if [ "$1" = receive ]; then
  read -r answer <${COVER}/answers
  sed -i 1d ${COVER}/answers
  if [ "$answer" = refuse ]; then
    head -c 200000 | ${this.btrfs.real} "$@"
    echo 'the test breaks it off' >&2
    exit 1
  fi
fi
exec ${this.btrfs.real} "$@"
`;
    await this.btrfs.cover(script, { answers: answers.map((answer) => `${answer}\n`).join('') });
  }

  clear(): Promise<void> {
    return this.btrfs.uncover();
  }
}
