/**
 * Frames for one MAC that enter `device` go to `to` instead. u32 has one preference per MAC, so that each can be removed
 * by itself; a collision of two MACs of one device in 15 bits is told by tc (`File exists`).
 */
export function matchLines(device: string, mac: string, to: string): string[] {
  return [
    `filter add dev ${device} parent ffff: protocol all pref ${preference(mac)} u32 match ether dst ${mac} action mirred egress redirect dev ${to}`,
  ];
}

export function unmatchLines(device: string, mac: string): string[] {
  return [`filter del dev ${device} parent ffff: protocol all pref ${preference(mac)}`];
}

export function preference(mac: string): number {
  const bytes = mac.split(':').map((part) => Number.parseInt(part, 16));
  return 1 + ((((bytes[3]! << 16) | (bytes[4]! << 8) | bytes[5]!) % 32_749) | 0);
}
