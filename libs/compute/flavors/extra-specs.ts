import { InvalidInputError } from '#libs/common/errors';
import { TRAIT } from '../instances/spec/trait-needs.js';

/** Says what is expected of a value; undefined where the value is good. */
type Rule = (value: string) => string | undefined;

const matching =
  (pattern: RegExp, expected: string): Rule =>
  (value) =>
    pattern.test(value) ? undefined : expected;

const aBoolean = matching(/^(true|false)$/, 'true or false');
const aCount = matching(/^[1-9]\d{0,6}$/, 'a number above 0');

/** LXD's keys that hosts act on (apps/agent/runtime/lxc/config; id ranges: instances/spec/id-ranges.ts). */
const LXD: Readonly<Record<string, Rule>> = {
  'limits.cpu': aCount,
  'limits.cpu.allowance': matching(/^(\d{1,3}%|\d+ms\/\d+ms)$/, '50% or 25ms/100ms'),
  'limits.memory': matching(/^\d+(B|kB|MB|GB|KiB|MiB|GiB)?$/, 'a size such as 512MiB'),
  'limits.processes': aCount,
  'migration.stateful': aBoolean,
  'security.idmap.base': matching(/^\d{1,10}$/, 'a number'),
  'security.idmap.isolated': aBoolean,
  'security.idmap.size': matching(/^\d{1,10}$/, 'a number'),
  'security.nesting': aBoolean,
  'security.privileged': aBoolean,
};
const ENVIRONMENT = /^environment\.[A-Za-z_]\w*$/;

/** Nova's keys whose value says what every host does anyway. */
const ANYWAY: Readonly<Record<string, Rule>> = {
  'hw:cpu_policy': matching(/^shared$/, 'shared: hosts pin no processors'),
  'hw:cpu_thread_policy': matching(/^prefer$/, 'prefer: hosts pin no processors'),
  'hw:mem_page_size': matching(/^(small|any)$/, 'small or any: hosts give instances no huge pages'),
};

/** Nova's namespaces (nova/api/validation/extra_specs) of which hosts of system containers do nothing. */
const NOT_OFFERED =
  /^(accel|aggregate_instance_extra_specs|capabilities|hw|hw_rng|hw_video|os|pci_passthrough|powervm|quota|resources([a-zA-Z0-9_-]{1,64})?|vmware):|^(group_policy|hide_hypervisor_id)$/;

/** os-traits: the namespaces of its traits, and custom ones. */
const TRAIT_NAME = /^(COMPUTE|CUSTOM|HW|MISC|OWNER|STORAGE)_[A-Z0-9_]+$/;
const aTraitsUse = matching(/^(required|forbidden)$/, 'required or forbidden');

/**
 * Nova validates extra specs of its own namespaces from 2.86 on; here in every version, and what would be kept and do
 * nothing is refused. Keys of other namespaces, or of none, are the operator's own. Throws InvalidInputError that names
 * the key.
 */
export function requireEffective(specs: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(specs)) {
    const expected = expectedOf(key, value);
    if (expected !== undefined) throw new InvalidInputError(key, expected);
  }
}

function expectedOf(key: string, value: string): string | undefined {
  const trait = TRAIT.exec(key)?.[1];
  if (trait) return TRAIT_NAME.test(trait) ? aTraitsUse(value) : `the name of a trait, not ${trait}`;
  if (key.startsWith('lxd:')) return ofLxd(key.slice('lxd:'.length), value);
  if (key.startsWith('lxstack:'))
    return key === 'lxstack:ha_enabled' ? aBoolean(value.toLowerCase()) : 'lxstack:ha_enabled and no other key';
  if (Object.hasOwn(ANYWAY, key)) return ANYWAY[key](value);
  return NOT_OFFERED.test(key) ? 'another key: hosts of system containers do nothing of the kind' : undefined;
}

function ofLxd(key: string, value: string): string | undefined {
  if (ENVIRONMENT.test(key)) return undefined;
  if (key.startsWith('user.')) return undefined; // LXD: free for users, and of no effect there too
  return Object.hasOwn(LXD, key)
    ? LXD[key](value)
    : `environment.NAME, user.KEY or one of ${Object.keys(LXD).join(', ')}`;
}
