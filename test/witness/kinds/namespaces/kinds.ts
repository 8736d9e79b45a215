import { carried, refused } from '../../kind.js';

export const namespaces = {
  'namespace-pid': refused(/has pid namespaces of its own/, 'CRIU dumps one for the whole guest'),
  'namespace-user': refused(/has user namespaces of its own/, 'CRIU dumps one for the whole guest'),
  'namespace-net': refused(/has net namespaces of its own/, 'CRIU dumps one for the whole guest'),
  'namespace-uts': refused(/has uts namespaces of its own/, 'CRIU dumps one for the whole guest'),
  'namespace-ipc': refused(/has ipc namespaces of its own/, 'CRIU dumps one for the whole guest'),
  'namespace-time': refused(/has time namespaces of its own/, 'CRIU dumps one for the whole guest'),
  'namespace-cgroup': refused(/has cgroup namespaces of its own/, 'CRIU dumps one for the whole guest'),
  'namespace-mount': carried('mounts of its own'),
  'namespace-mount-pty': carried('mounts of its own, and /dev/ptmx held'),
  'namespace-held': carried('files of /proc/self/ns'),
};
