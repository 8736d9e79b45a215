/** Ways in which a network in a host's kernel may be other than the host's document says; the words are the audit's. */
export const kernelDifferenceKinds = {
  'network-not-made': 'The network has no devices on the host.',
  'network-device': 'Bridge or VXLAN device is missing, down, in another bridge, or of another MTU or VNI.',
  forwarding: 'Frames for a port go elsewhere than where it is, or nowhere.',
  'forwarding-left': 'Frames are sent on for a MAC that no port of the network has there.',
  neighbour: 'An address is answered for with another MAC than its port has, or not at all.',
  'neighbour-left': 'An address is answered for that no port of the network has.',
  'port-link': 'A port’s link is in another bridge, up or down against its administrative state, or of another MTU.',
  'port-rules': 'A port’s rules against forged addresses are not in force as they should be.',
  router: 'A router is not made on the host, or its links, addresses or routes are other than they should be.',
  'port-filter': 'What a port’s security groups let pass is not in force as it should be.',
  dhcp: 'DHCP is not served, is served with other settings, or is served and should not be.',
} as const;

export type KernelDifferenceKind = keyof typeof kernelDifferenceKinds;

/** One of them, as an agent tells it. */
export interface KernelDifference {
  kind: KernelDifferenceKind;
  /** What is there and what should be. */
  message: string;
}
