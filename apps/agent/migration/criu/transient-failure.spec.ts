import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTransient } from './transient-failure.js';

const passing = [
  '',
  "Error (criu/cr-restore.c:1214): Can't fork for 23: File exists",
  "Error (criu/cr-restore.c:1214): Can't fork for 23: Resource temporarily unavailable",
  'Error (criu/cr-restore.c:1506): 2 killed by signal 9: Killed',
  "1: Error (criu/mount.c:2100): mnt: Can't mount at ./run: Device or resource busy; Error (criu/mem.c:1): Invalid argument",
  'NICs: RTNETLINK answers: File exists',
];
const lasting = [
  "Error (criu/image.c:420): Magic doesn't match: pages-1.img",
  "Error (criu/action-scripts.c:132): One of more action scripts failed; Error: Can't fork for 9: File exists",
  "Error (criu/files-reg.c:2200): Can't open file usr/bin/x on restore: No such file or directory",
  'Error (criu/util.c:9): Operation not permitted',
  "1: Error (criu/mount-v2.c:1043): mnt-v2: Can't copy sharing from 1304[/a] to 1519[/b]",
];

for (const cause of passing) test(`tried again: ${cause || 'no word'}`, () => assert.equal(isTransient(cause), true));
for (const cause of lasting) test(`not tried again: ${cause}`, () => assert.equal(isTransient(cause), false));
