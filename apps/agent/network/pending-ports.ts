/**
 * Ports that a call has brought to this host before the document has them here. What the document says of their MACs is
 * older than the call, so its peers leave them alone until it has caught up. A port that arrives by a live move is left
 * alone until its network is open, even where the document was first: until then its frames come by way of the source.
 */
export class PendingPorts {
  private readonly ports = new Map<string, { mac: string; arriving: boolean }>();

  /** `isHere`: whether the document has the port on this host. */
  constructor(private readonly isHere: (portId: string) => boolean) {}

  /** A call has plugged the port in. */
  attached(portId: string, mac: string): void {
    if (!this.ports.has(portId) && !this.isHere(portId)) this.ports.set(portId, { mac, arriving: false });
  }

  /** The port arrives by a live move. */
  arriving(portId: string, mac: string): void {
    this.ports.set(portId, { mac, arriving: true });
  }

  isArriving(portId: string): boolean {
    return this.ports.get(portId)?.arriving ?? false;
  }

  /** The port's move has opened its network. */
  arrived(portId: string): void {
    const port = this.ports.get(portId);
    if (port) port.arriving = false;
  }

  /** The port has left this host. */
  gone(portId: string): void {
    this.ports.delete(portId);
  }

  /** MACs of which the document's peers must not be applied now. */
  macs(): Set<string> {
    for (const [portId, { arriving }] of this.ports) if (!arriving && this.isHere(portId)) this.ports.delete(portId);
    return new Set([...this.ports.values()].map(({ mac }) => mac));
  }
}
