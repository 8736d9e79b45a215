interface Waiting {
  atOnce: number;
  go: () => void;
}

/**
 * Bounds how many moves leave this host at once (Nova: max_concurrent_live_migrations). A drain prepares moves ahead; each
 * waits here for its slot, so that the next one begins as soon as one ends.
 */
export class OutgoingSlots {
  private underWay = 0;
  private readonly waiting: Waiting[] = [];

  /**
   * Resolves when fewer than `atOnce` moves (0: no bound) are under way and no earlier caller waits. The returned function
   * frees the slot; calling it again does nothing. When `calledOff` resolves, the caller gets through at once, without a slot.
   */
  async turn(atOnce: number, calledOff: Promise<unknown>): Promise<() => void> {
    if (atOnce && (this.waiting.length || this.underWay >= atOnce)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const mine = { atOnce, go: resolve };
      this.waiting.push(mine);
      await Promise.race([promise, calledOff]);
      const place = this.waiting.indexOf(mine);
      if (place >= 0) {
        this.waiting.splice(place, 1);
        this.callNext(); // callers that waited only because this one was ahead of them
        return () => undefined;
      }
    } else this.underWay++;
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.underWay--;
      this.callNext();
    };
  }

  private callNext(): void {
    for (let next = this.waiting[0]; next && this.underWay < next.atOnce; next = this.waiting[0]) {
      this.waiting.shift();
      this.underWay++;
      next.go();
    }
  }
}
