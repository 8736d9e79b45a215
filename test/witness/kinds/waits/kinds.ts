import { carried } from '../../kind.js';

export const waits = {
  'wait-poll': carried('poll() with a time-out, which begins anew'),
  'wait-sleep': carried('nanosleep(): goes on, or ends with the rest of the time'),
  'wait-sleep-until': carried('clock_nanosleep() up to a time'),
  'wait-futex': carried('without and up to a time; with a time-out it may end with EINTR, as at any time'),
  'wait-epoll': carried('ppoll, select with a time-out; epoll_wait may end with EINTR, as after SIGSTOP'),
  'wait-lock': carried('F_SETLKW'),
  'wait-sockets': carried('accept, recv; with SO_RCVTIMEO it may end with EINTR, as after SIGSTOP'),
};
