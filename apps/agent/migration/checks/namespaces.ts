import { REMEDY } from './remedy.js';
import { namespaceOf } from './tasks.js';
import type { Task } from './tasks.js';

/** Namespaces that CRIU dumps once only, for the whole instance, with the setting that gives a systemd service one. */
const ONCE = {
  uts: 'ProtectHostname=no',
  ipc: 'PrivateIPC=no',
  user: 'PrivateUsers=no',
  net: 'PrivateNetwork=no',
  pid: 'PrivatePIDs=no',
  time: '',
  cgroup: '',
};

type Kind = keyof typeof ONCE;
const KINDS = Object.keys(ONCE) as Kind[];
/** Those that migration.stateful=true does not keep a service from (stateful-run.sh). */
const NOT_PREPARED: readonly Kind[] = ['time', 'cgroup'];

/** Processes with namespaces below the instance's own. */
export async function blockingNamespaces(initPid: number, tasks: readonly Task[]): Promise<string[]> {
  const own = new Map(await Promise.all(KINDS.map(async (kind) => [kind, await namespaceOf(initPid, kind)] as const)));
  const reasons = await Promise.all(
    tasks.map(async ({ pid, name }) => {
      const found = await Promise.all(KINDS.map((kind) => namespaceOf(pid, kind)));
      // One that is ending has none.
      const nested = KINDS.filter((kind, i) => found[i] && found[i] !== own.get(kind));
      return nested.length ? [words(name, nested)] : [];
    }),
  );
  return reasons.flat();
}

function words(name: string, nested: readonly Kind[]): string {
  const settings = nested.map((kind) => ONCE[kind]).filter(Boolean);
  const remedy = nested.some((kind) => NOT_PREPARED.includes(kind)) ? '' : `, or ${REMEDY}`;
  const cure = settings.length
    ? `for a systemd service add a drop-in with ${settings.join(', ')} and restart it${remedy}`
    : '';
  return `${name} has ${nested.join(' and ')} namespaces of its own: ${cure || 'end it, or start it without'}.`;
}
