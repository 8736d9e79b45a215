import { carried, refused } from '../../kind.js';

export const timers = {
  'timerfd-relative': carried('what is left, and expirations that nobody has read'),
  'timerfd-absolute': carried('of the monotonic, boot and real clock; due later by as long as the guest stood still'),
  'posix-timer': carried('SIGEV_SIGNAL with a value, also repeating'),
  'timer-thread': carried('SIGEV_THREAD_ID of another thread than the first'),
  'timer-leader': refused(/timer that signals its main thread/, 'SIGEV_THREAD_ID of the first thread'),
  itimers: carried('real, virtual and profiling'),
  clocks: carried('monotonic and boot time never go back, the time of day is right'),
};
