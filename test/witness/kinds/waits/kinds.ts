import { carried, lost } from '../../kind.js';

export const waits = {
  'wait-poll': lost('poll() with a time-out ends with EINTR'),
  'wait-sleep': carried('nanosleep(): goes on, or ends with the rest of the time'),
  'wait-sleep-until': carried('clock_nanosleep() up to a time'),
  'wait-futex': lost('a futex with a time-out ends with EINTR, as it may at any time'),
  'wait-epoll': carried('ppoll, select with a time-out; epoll_wait may end with EINTR, as after SIGSTOP'),
  'wait-lock': carried('F_SETLKW'),
  'wait-sockets': carried('accept, recv; with SO_RCVTIMEO it may end with EINTR, as after SIGSTOP'),
};
