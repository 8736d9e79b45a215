import { carried, kindsOf, refused } from './kind.js';

/** Every kind that has a witness, by group. */
export const kinds = kindsOf({
  events: {
    'epoll-level': carried('level-triggered, with its data'),
    'epoll-edge': carried('an edge that nobody has seen yet, and the next'),
    'epoll-oneshot': carried('one that has fired stays silent'),
    'epoll-nested': carried('an epoll in an epoll'),
    'epoll-kinds': carried('of eventfd, signalfd, timerfd, pipe, socket, inotify and pidfd'),
    eventfd: carried('its counter'),
    'eventfd-semaphore': refused(/an eventfd that is a semaphore/, 'CRIU makes a counter of it'),
    signalfd: carried('pending signals with their values, in order'),
    inotify: carried('watches of a directory and a file'),
    pidfd: carried('of a process that lives, and of one that is gone'),
    aio: carried('a context with an event that nobody has read'),
    'io-uring': refused(/a file of kind io_uring/, 'CRIU has no image for it'),
    userfaultfd: refused(/a file of kind userfaultfd/, 'CRIU has no image for it'),
  },
  timers: {
    'timerfd-relative': carried('what is left, and expirations that nobody has read'),
    'timerfd-absolute': carried('times of the monotonic, boot and real clock'),
    'posix-timer': carried('SIGEV_SIGNAL with a value, also repeating'),
    'timer-thread': carried('SIGEV_THREAD_ID of another thread than the first'),
    'timer-leader': refused(/timer that signals its main thread/, 'SIGEV_THREAD_ID of the first thread'),
    itimers: carried('real, virtual and profiling'),
    clocks: carried('monotonic and boot time never go back, the time of day is right'),
  },
  memory: {
    memfd: carried('content, offset, seals'),
  },
});
