import type { Server } from '#apps/cli/client/compute';
import { sleep } from '#libs/common/clock';
import { background, inside } from '#test/e2e/fleet/inside';
import type { TestFleet } from '#test/e2e/fleet/test-fleet';

const ROUND_MS = 1_000;
const PATIENCE_MS = 120_000;
/**
 * Keeps some 12 MB twice, compares the two each second (which writes as much anew), and writes to its file how often
 * they were equal.
 */
const WORKLOAD = `
x=$(head -c 4000000 /dev/urandom | base64)
y=$x
n=0
while [ "$x" = "$y" ]; do
  n=$((n + 1))
  echo $n >/tmp/memory.new
  mv /tmp/memory.new /tmp/memory
  sleep 1
done
echo 'its memory is not what it was' >/tmp/memory`;

/** A process in the guest that checks its own memory, so that a move has something to lose. */
export class GuestMemory {
  private constructor(
    private readonly fleet: TestFleet,
    private readonly server: Server,
  ) {}

  /** Starts the process unless it runs from an earlier round. */
  static async of(fleet: TestFleet, server: Server): Promise<GuestMemory> {
    const memory = new GuestMemory(fleet, server);
    const before = await memory.said();
    await sleep(2 * ROUND_MS);
    if ((await memory.said()) === before) await background(fleet, server, '/bin/sh', '-c', WORKLOAD);
    const [fault] = await memory.faults();
    if (fault) throw new Error(fault);
    return memory;
  }

  /** What is wrong with the memory; empty where it has been whole again since the last look. */
  async faults(): Promise<string[]> {
    const before = await this.said();
    let said = before;
    for (const deadline = Date.now() + PATIENCE_MS; said === before; said = await this.said()) {
      if (Date.now() > deadline) return [`the guest's memory was not looked at any more: ${said}`];
      await sleep(ROUND_MS / 2);
    }
    return /^\d+$/.test(said) ? [] : [`in the guest: ${said}`];
  }

  /** The content of the process's file; empty before its first round. */
  private async said(): Promise<string> {
    return (await inside(this.fleet, this.server, '/bin/sh', '-c', 'cat /tmp/memory 2>/dev/null || true')).trim();
  }
}
