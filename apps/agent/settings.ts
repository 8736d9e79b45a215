import { hostname } from 'node:os';
import { join } from 'node:path';
import { flagSetting, setting } from '#libs/common/config';
import { InvalidInputError } from '#libs/common/errors';

/** What the environment says of this agent; see README. Throws ConfigError for what is missing. */
export function readSettings() {
  const role = setting('LXSTACK_AGENT_ROLE', 'compute');
  if (role !== 'compute' && role !== 'network') throw new InvalidInputError('LXSTACK_AGENT_ROLE', 'compute or network');
  const runtime = setting('LXSTACK_AGENT_RUNTIME', 'lxc');
  if (runtime !== 'lxc' && runtime !== 'simulated')
    throw new InvalidInputError('LXSTACK_AGENT_RUNTIME', 'lxc or simulated');
  const state = setting('LXSTACK_AGENT_STATE', '/var/lib/lxstack-agent');
  return {
    name: setting('LXSTACK_AGENT_NAME', hostname()),
    role,
    runtime,
    state,
    /** On a tmpfs: images of moves, FIFOs. */
    run: setting('LXSTACK_AGENT_RUN', '/run/lxstack'),
    pki: join(state, 'pki'),
    listen: setting('LXSTACK_AGENT_LISTEN'),
    dataListen: setting('LXSTACK_AGENT_DATA_LISTEN'),
    vtep: setting('LXSTACK_AGENT_VTEP'),
    control: setting('LXSTACK_CONTROL_ADDRESS'),
    cgroup: setting('LXSTACK_AGENT_CGROUP', 'lxstack'),
    storage: setting('LXSTACK_AGENT_STORAGE', 'auto'),
    /** With `shared`: a directory that all hosts of the pool mount. */
    sharedStorage: setting('LXSTACK_AGENT_SHARED_STORAGE', '/var/lib/lxstack-shared'),
    /** Whether instances whose root is the host's may run here. */
    privileged: flagSetting('LXSTACK_AGENT_PRIVILEGED'),
  } as const;
}

export type AgentSettings = ReturnType<typeof readSettings>;
