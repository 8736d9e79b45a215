import { carried, refused } from '../../kind.js';

export const pipes = {
  pipe: carried('half read, its ends in two processes'),
  'pipe-full': carried('full to the last byte, with a writer that waits'),
  'pipe-packets': refused(/a pipe in packet mode/, 'O_DIRECT; CRIU refuses it'),
  'pipe-resized': carried('F_SETPIPE_SZ'),
  'pipe-closed': carried('whose writers are gone, and whose readers are'),
  'pipe-signals': carried('O_ASYNC, its owner and its signal'),
  'pipe-reader': carried('a process that waits in read()'),
  'pipe-spliced': carried('pages of a file and of memory (splice, vmsplice, tee)'),
  fifo: carried('with data, reader and writer in two processes'),
  'fifo-both-ways': carried('opened O_RDWR by a daemon that waits'),
};
