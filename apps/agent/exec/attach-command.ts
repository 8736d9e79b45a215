import type { ExecStart } from '#generated/lxstack/agent/v1/agent';
import { InvalidInputError } from '#libs/common/errors';
import { UUID, requireName } from '#libs/common/names';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface AttachCommand {
  program: string;
  args: string[];
  /** Environment of the command. lxc-attach passes it on, so that no value is in an argument list. */
  env: Record<string, string>;
}

/** The command line that runs a command inside a container. Throws InvalidInputError. */
export function attachCommand(start: ExecStart, lxcPath: string): AttachCommand {
  const { instanceId, command, environment, uid, gid, cwd } = start;
  requireName('instance_id', instanceId, UUID, 'a UUID');
  if (!command.length) throw new InvalidInputError('command', 'at least one word');
  if (start.terminal) throw new InvalidInputError('terminal', 'false: terminals are not offered yet');
  if (cwd && !cwd.startsWith('/')) throw new InvalidInputError('cwd', 'an absolute path');
  for (const name of Object.keys(environment))
    requireName('environment', name, /^[A-Za-z_]\w*$/, 'names of letters, digits and _');
  const changed = cwd ? ['sh', '-c', 'cd "$0" && exec "$@"', cwd, ...command] : command;
  const ids = uid || gid ? ['-u', String(uid), '-g', String(gid)] : [];
  return {
    program: '/usr/bin/lxc-attach',
    args: ['-n', instanceId, '-P', lxcPath, '--keep-env', ...ids, '--', ...changed],
    env: { PATH, HOME: '/root', ...environment },
  };
}
