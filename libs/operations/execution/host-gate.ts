/**
 * Bounds how many operations work on one host at the same time, so that a slow host cannot take every slot of the
 * worker.
 */
export class HostGate<Parked> {
  private readonly inside = new Map<string, number>();
  private readonly waiting = new Map<string, Parked[]>();

  constructor(
    private readonly perHost: number,
    /** Upper bound of operations parked per host; the sweeper finds those beyond it. */
    private readonly maxParked = 1_000,
  ) {}

  /** Takes a place on the host; false where none is free. */
  tryEnter(host: string): boolean {
    const inside = this.inside.get(host) ?? 0;
    if (inside >= this.perHost) return false;
    this.inside.set(host, inside + 1);
    return true;
  }

  /** Remembers what `leave` returns when a place on the host is free. */
  park(host: string, parked: Parked): void {
    const waiting = this.waiting.get(host) ?? [];
    if (waiting.length < this.maxParked) waiting.push(parked);
    this.waiting.set(host, waiting);
  }

  /** Frees a place on the host and returns what waits for it, if anything does. */
  leave(host: string): Parked | undefined {
    const inside = (this.inside.get(host) ?? 1) - 1;
    if (inside > 0) this.inside.set(host, inside);
    else this.inside.delete(host);
    const waiting = this.waiting.get(host);
    const next = waiting?.shift();
    if (waiting?.length === 0) this.waiting.delete(host);
    return next;
  }
}
