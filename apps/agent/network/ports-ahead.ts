/**
 * Ports that a call has brought to this host while the document does not have them here yet. What it says of where their
 * frames go is older than the call: the document's peers leave their MACs alone until it has caught up. A port that arrives
 * by a live move is left alone until its network is open, also where the document is the first to know: until then its
 * frames still go by way of the source.
 */
export class PortsAhead {
  private readonly ports = new Map<string, { mac: string; arriving: boolean }>();

  /** `isHere`: the document has the port on this host. */
  constructor(private readonly isHere: (portId: string) => boolean) {}

  attached(portId: string, mac: string): void {
    if (!this.ports.has(portId) && !this.isHere(portId)) this.ports.set(portId, { mac, arriving: false });
  }

  arriving(portId: string, mac: string): void {
    this.ports.set(portId, { mac, arriving: true });
  }

  arrived(portId: string): void {
    const port = this.ports.get(portId);
    if (port) port.arriving = false;
  }

  gone(portId: string): void {
    this.ports.delete(portId);
  }

  /** What the document says of these is not to be applied now. */
  macs(): Set<string> {
    for (const [portId, { arriving }] of this.ports) if (!arriving && this.isHere(portId)) this.ports.delete(portId);
    return new Set([...this.ports.values()].map(({ mac }) => mac));
  }
}
