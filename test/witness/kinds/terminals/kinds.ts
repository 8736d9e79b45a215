import { carried, refused } from '../../kind.js';

export const terminals = {
  'pty-session': carried('foreground group, interrupt key, size'),
  'dev-tty': refused(/holds \/dev\/tty/, 'held open; CRIU finds its terminal’s master in another process'),
  'pty-raw': carried('raw mode, speed, special characters'),
  'pty-queued': carried('typed and shown, and neither read'),
  'pty-hung-up': carried('whose master is closed'),
  'pty-packets': carried('packet mode, and one that nobody has opened'),
  'pty-exclusive': carried('TIOCEXCL'),
};
