import type { Caller } from '#libs/common/caller';

/** An administrator of the whole cloud. */
export const operator: Caller = {
  userId: 'u-operator',
  projectId: '',
  system: true,
  roles: ['admin', 'member', 'reader'],
  isAdmin: true,
  requestId: 'req-test',
};
