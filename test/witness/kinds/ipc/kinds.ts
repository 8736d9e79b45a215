import { carried, lost, refused } from '../../kind.js';

export const ipc = {
  'sysv-memory': carried('attached, and marked to be removed'),
  'sysv-semaphores': carried('values, and a process that waits'),
  'sysv-undo': lost('SEM_UNDO: what an ended process had taken is not given back', 'sysv-undo'),
  'sysv-messages': carried('by their type, in order'),
  'posix-queue': refused(/a POSIX message queue/, 'CRIU has no image for it'),
  'posix-memory': carried('of /dev/shm, also deleted, with a semaphore that a process waits for'),
  'robust-mutex': carried('its owner ends later, and the next is told'),
  'priority-mutex': carried('PTHREAD_PRIO_INHERIT, with a process that waits'),
};
