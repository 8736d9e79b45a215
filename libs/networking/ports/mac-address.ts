import { InvalidInputError } from '#libs/common/errors';
import { MAC, requireName } from '#libs/common/names';

/**
 * The MAC in lower case. Throws InvalidInputError for one that no single interface can have: malformed, zero,
 * multicast, broadcast.
 */
export function requireUnicastMac(field: string, text: string): string {
  const mac = requireName(field, text.toLowerCase(), MAC, `a MAC address such as fa:16:3e:00:00:01, not ${text}`);
  const isGroup = (parseInt(mac.slice(0, 2), 16) & 1) === 1;
  if (isGroup || mac === '00:00:00:00:00:00')
    throw new InvalidInputError(field, `the MAC address of one interface, not ${mac} (multicast, broadcast or zero)`);
  return mac;
}
