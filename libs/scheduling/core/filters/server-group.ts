import type { Filter } from '../filter.js';

/** Hard policies of server groups (Nova: ServerGroupAffinityFilter, ServerGroupAntiAffinityFilter). */
export const serverGroup: Filter = {
  name: 'server-group',
  reject: (fleet, host, { group }) => {
    if (!group) return null;
    const members = group.membersByHost.get(fleet.ids[host]) ?? 0;
    if (group.policy === 'affinity' && group.membersByHost.size && !members) return 'the group is on another host';
    return group.policy === 'anti-affinity' && members >= group.maxPerHost
      ? `it has ${members} of the group already`
      : null;
  },
};
