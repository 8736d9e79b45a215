import { carried, lost, refused, withheld } from '../../kind.js';

export const events = {
  'epoll-level': carried('level-triggered, with its data'),
  'epoll-edge': carried('an edge that nobody has seen yet, and the next'),
  'epoll-oneshot': carried('one that has fired stays silent until it is armed again'),
  'epoll-nested': carried('an epoll in an epoll'),
  'epoll-kinds': carried('of eventfd, signalfd, timerfd, pipe, socket, inotify and pidfd'),
  eventfd: carried('its counter'),
  'eventfd-semaphore': refused(/an eventfd that is a semaphore/, 'CRIU makes a counter of it'),
  signalfd: carried('pending signals with their values, in order'),
  inotify: carried('watches of a directory and a file'),
  'inotify-queued': lost('events that nobody has read are dropped', 'inotify-queued'),
  pidfd: carried('of a process that lives, and of one that is gone'),
  aio: carried('a context with an event that nobody has read'),
  'io-uring': withheld(/Function not implemented/, 'CRIU has no image for it; Node 20 would use one'),
  userfaultfd: refused(/a file of kind userfaultfd/, 'CRIU has no image for it'),
};
