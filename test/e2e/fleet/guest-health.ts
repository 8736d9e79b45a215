import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Server } from '#apps/cli/client/compute';
import { inside } from './inside.js';
import type { TestFleet } from './test-fleet.js';

/** How long a look at the tasks takes, and most looks that a busy one is given to come to rest. */
const [LOOK_SECONDS, MOST_LOOKS] = [2, 15];

/** Each task with the nanoseconds in which it ran or waited for a processor, by pid and name. */
const tasks = `
look() {
  cut -d' ' -f1 /proc/uptime
  for task in /proc/[0-9]*; do
    read -r name <$task/comm && read -r ran waited _ <$task/schedstat && echo "$((ran + waited)) \${task#/proc/} $name"
  done 2>/dev/null
}
look; echo; sleep ${LOOK_SECONDS}; look`;

/** A systemd server as its user finds it: what must be the same after a move as before. */
export class GuestHealth {
  constructor(
    private readonly fleet: TestFleet,
    private readonly server: Server,
  ) {}

  /**
   * Tasks that want a processor most of the time, look after look. What a task waited for one counts: on a busy machine a
   * task that spins runs little and waits much. One that has work to do comes to an end with it, one that spins does not.
   */
  async spinning(): Promise<string[]> {
    let busy = await this.busy();
    for (let looks = 1; busy.length && looks < MOST_LOOKS; looks++) {
      const again = new Set(await this.busy());
      busy = busy.filter((task) => again.has(task));
    }
    return busy;
  }

  private async busy(): Promise<string[]> {
    const [before, after] = (await this.run('sh', '-c', tasks)).split('\n\n').map((look) => look.split('\n'));
    const wanted = new Map(before!.slice(1).map((line) => split(line)));
    const nanoseconds = (Number(after![0]) - Number(before![0])) * 1e9;
    return after!
      .slice(1)
      .map((line) => split(line))
      .filter(([task, now]) => now - (wanted.get(task) ?? now) > nanoseconds / 2)
      .map(([task]) => task);
  }

  /** Units that have failed. */
  async failedUnits(): Promise<string[]> {
    const lines = await this.run('systemctl', 'list-units', '--failed', '--plain', '--no-legend');
    return lines
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' ')[0]!);
  }

  /** What is logged from now on can be read in the journal. */
  async records(): Promise<void> {
    const word = randomUUID();
    await this.run('logger', '--tag', 'e2e', word);
    await this.run('journalctl', '--sync');
    assert.equal((await this.run('journalctl', '--identifier=e2e', '--lines=1', '--output=cat')).trim(), word);
  }

  /** It is stopped by the API, and its journal shows after the next start that every unit had ended when asked to. */
  async stopsCleanly(): Promise<void> {
    const { compute } = this.fleet.cloud;
    await compute.act(this.server.id, { 'os-stop': null });
    await compute.settled(this.server.id, 'SHUTOFF');
    await compute.act(this.server.id, { 'os-start': null });
    await this.fleet.answers(await compute.settled(this.server.id, 'ACTIVE'));
    const journal = await this.run('journalctl', '--boot=-1', '--output=cat', '--no-pager');
    assert.match(journal, /^Shutting down\.$/m);
    assert.doesNotMatch(journal, /timed out/);
  }

  private run(...command: string[]): Promise<string> {
    return inside(this.fleet, this.server, ...command);
  }
}

/** A task, and its nanoseconds. */
function split(line: string): [string, number] {
  const [nanoseconds, ...task] = line.split(' ');
  return [task.join(' '), Number(nanoseconds)];
}
