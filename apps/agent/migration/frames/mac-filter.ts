/**
 * Frames for one MAC that enter `device` go to `to` instead, a copy of each to `copyTo` where that is given. u32 has one preference per MAC, so that each can be removed
 * by itself; a collision of two MACs of one device in 15 bits is told by tc (`File exists`).
 */
export function matchLine(device: string, mac: string, to: string, copyTo?: string): string {
  const match = `protocol all pref ${preference(mac)} u32 match ether dst ${mac}`;
  // An ifb takes only what was redirected to it, so it is never the one that gets the copy.
  const copy = copyTo ? `action mirred egress mirror dev ${copyTo} pipe ` : '';
  return `filter add dev ${device} parent ffff: ${match} ${copy}action mirred egress redirect dev ${to}`;
}

/** `tc -batch` lines that take back what `matchLine` made for the MAC. */
export function unmatchLines(device: string, mac: string): string[] {
  return [`filter del dev ${device} parent ffff: protocol all pref ${preference(mac)}`];
}

/** The preference of the tc filter for a MAC, 1 to 32749, from its last three bytes. */
export function preference(mac: string): number {
  const bytes = mac.split(':').map((part) => Number.parseInt(part, 16));
  return 1 + ((((bytes[3]! << 16) | (bytes[4]! << 8) | bytes[5]!) % 32_749) | 0);
}
