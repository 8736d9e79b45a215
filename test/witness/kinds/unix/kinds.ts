import { carried, lost, refused } from '../../kind.js';

export const unix = {
  'unix-queued': carried('stream, datagram and seqpacket with data both ways'),
  'unix-rights': carried('a descriptor on its way (SCM_RIGHTS)'),
  'unix-options': carried('SO_PASSCRED, buffers, time-outs'),
  'unix-peer': lost('SO_PEERCRED of a connection names who restored it', 'unix-peer'),
  'unix-names': carried('by a path, an abstract name, a path that is deleted since'),
  'unix-backlog': carried('connections that are not accepted'),
  'unix-backlog-data': refused(
    /does not accept connections to its unix socket/,
    'a connection that is not accepted and has sent data',
  ),
  'unix-half-shut': carried('shut in one direction'),
  'unix-closed-peer': carried('the other end is closed, what it sent waits'),
  'unix-datagram-named': carried('a server by its name, a client, a datagram of it in the queue'),
  'unix-credentials': refused(
    /does not read what its unix socket \S+ has got, with the sender/,
    'a log socket that nobody drains; CRIU cannot read SCM_CREDENTIALS',
  ),
  'unix-out-of-band': refused(/came out of band/, 'MSG_OOB; CRIU loses it'),
};
