import { TIMES } from './list-table.js';
import type { List, Things } from './list-table.js';

/** Glance: the request table of "List images" in api-ref/source/v2, and what else of an image may be compared. */
export const imageLists = (things: Things): List[] => [
  {
    path: '/image/v2/images',
    key: 'images',
    thing: things.imageId,
    by: 'member',
    fields: [
      ['id', things.imageId, 'x'],
      ['name', 'busybox', 'x'],
      ['name', 'in:a,busybox', 'in:a,b', 'in:"a'],
      ['owner', things.projectId, 'x'],
      ['protected', 'False', 'True', 'x'],
      ['status', 'active', 'queued'],
      ['tag', null, 'blue'],
      ['visibility', 'private', 'public', 'hidden'],
      ['visibility', 'all', null],
      ['os_hidden', 'false', 'true', 'x'],
      // It says which shared images are listed, and none is shared with single projects.
      ['member_status', 'all', null, 'x'],
      ['size_min', '1', '2', 'x'],
      ['size_max', '1', '0', 'x'],
      ['created_at', `gt:${TIMES.past}`, `gt:${TIMES.future}`, 'gt:soon'],
      ['updated_at', `lt:${TIMES.future}`, `lt:${TIMES.past}`, 'near:2026-01-01'],
      ['disk_format', null, 'raw'],
      ['container_format', null, 'bare'],
      ['min_disk', '0', '7', 'x'],
      ['min_ram', '0', '7', 'x'],
      ['checksum', null, 'x'],
      ['os_hash_algo', 'sha512', 'md5'],
      ['os_hash_value', null, 'x'],
      ['os_distro', null, 'debian'],
      ['sort', 'name:asc', null, 'name:up'],
    ],
    unknown: { ignored: 'Glance takes it for a property of images: it narrows, the row of os_distro shows it' },
    pages: { stale: 400 },
  },
  {
    path: `/image/v2/images/${things.imageId}/members`,
    key: 'members',
    thing: '',
    by: 'member',
    fields: [],
    unknown: { ignored: 'Glance looks at no field of the list of members' },
  },
];
