import type { FailedUnit } from '#generated/lxstack/agent/v1/guest';
import type { InsideGuest } from './inside-guest.js';

export interface InitAnswer {
  /** Undefined: it could not be asked. */
  initAnswers: boolean | undefined;
  initState: string;
  failedUnits: FailedUnit[];
}

const unasked: InitAnswer = { initAnswers: undefined, initState: '', failedUnits: [] };

/** Most units told. */
const MOST_UNITS = 32;

/**
 * Leaves an orphan to init and waits until init has taken it: a zombie can still be signalled. Ends with 9 where init has
 * not done so within some seconds.
 */
const ORPHAN = `
orphan=$(sh -c 'true & echo $!')
for second in 1 2 3 4 5 6; do
  kill -0 "$orphan" 2>/dev/null || exit 0
  sleep 1
done
exit 9`;

/** Has init do something that only a living init does. */
export async function askInit(inside: InsideGuest, init: string): Promise<InitAnswer> {
  return init === 'systemd' ? askSystemd(inside) : giveOrphan(inside);
}

async function giveOrphan(inside: InsideGuest): Promise<InitAnswer> {
  const { status } = await inside.run(['sh', '-c', ORPHAN]);
  if (status !== 0 && status !== 9 && status !== 'late') return unasked;
  return { ...unasked, initAnswers: status === 0 };
}

async function askSystemd(inside: InsideGuest): Promise<InitAnswer> {
  const { status, stdout } = await inside.run(['systemctl', 'show', '--property=SystemState,NFailedUnits']);
  if (status === 'late') return { ...unasked, initAnswers: false };
  const manager = propertiesIn(stdout)[0] ?? {};
  // No systemctl in the guest is not its init's fault; one that gets no answer says so and fails.
  if (status !== 0 || !manager.SystemState) return { ...unasked, initAnswers: status === 1 ? false : undefined };
  const failed = Number(manager.NFailedUnits) ? await failedUnits(inside) : [];
  return { initAnswers: true, initState: manager.SystemState.slice(0, 40), failedUnits: failed };
}

async function failedUnits(inside: InsideGuest): Promise<FailedUnit[]> {
  const properties = '--property=Id,InactiveEnterTimestamp';
  const { stdout } = await inside.run(['systemctl', 'show', '*', '--state=failed', properties, '--timestamp=unix']);
  return unitsIn(stdout, Date.now() / 1000);
}

/** From `systemctl show`'s blocks; `now` in seconds since 1970, which a guest's clock shares with its host's. */
export function unitsIn(shown: string, now: number): FailedUnit[] {
  return propertiesIn(shown)
    .filter(({ Id }) => Id && /^[\w@:.\\-]{1,256}$/.test(Id))
    .slice(0, MOST_UNITS)
    .map(({ Id, InactiveEnterTimestamp }) => {
      const since = /^@(\d+)/.exec(InactiveEnterTimestamp ?? '')?.[1];
      return { name: Id!, secondsAgo: since === undefined ? undefined : Math.max(0, now - Number(since)) };
    });
}

/** Blocks of `Name=value` lines with an empty line between them. */
function propertiesIn(shown: string): Record<string, string | undefined>[] {
  return shown
    .split('\n\n')
    .map((block) => [...block.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]))
    .filter((lines) => lines.length)
    .map((lines) => Object.fromEntries(lines) as Record<string, string>);
}
