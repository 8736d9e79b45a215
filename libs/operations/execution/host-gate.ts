/** Bounds how many operations work on one host at once, so that one slow host never takes every slot. */
export class HostGate<Parked> {
  private readonly inside = new Map<string, number>();
  private readonly waiting = new Map<string, Parked[]>();

  constructor(
    private readonly perHost: number,
    /** Operations parked per host at most; what comes above is found by the sweeper. */
    private readonly maxParked = 1_000,
  ) {}

  tryEnter(host: string): boolean {
    const inside = this.inside.get(host) ?? 0;
    if (inside >= this.perHost) return false;
    this.inside.set(host, inside + 1);
    return true;
  }

  park(host: string, parked: Parked): void {
    const waiting = this.waiting.get(host) ?? [];
    if (waiting.length < this.maxParked) waiting.push(parked);
    this.waiting.set(host, waiting);
  }

  /** Gives who is to be woken now, if anybody waits. */
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
