import { kindsOf } from './kind.js';
import { events } from './kinds/events/kinds.js';
import { files } from './kinds/files/kinds.js';
import { inet } from './kinds/inet/kinds.js';
import { ipc } from './kinds/ipc/kinds.js';
import { memory } from './kinds/memory/kinds.js';
import { namespaces } from './kinds/namespaces/kinds.js';
import { pipes } from './kinds/pipes/kinds.js';
import { tasks } from './kinds/tasks/kinds.js';
import { terminals } from './kinds/terminals/kinds.js';
import { timers } from './kinds/timers/kinds.js';
import { unix } from './kinds/unix/kinds.js';
import { waits } from './kinds/waits/kinds.js';

/** Every kind that has a witness, by group. */
export const kinds = kindsOf({
  events,
  timers,
  memory,
  ipc,
  pipes,
  terminals,
  unix,
  inet,
  files,
  tasks,
  waits,
  namespaces,
});
