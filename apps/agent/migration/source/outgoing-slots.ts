interface Waiting {
  atOnce: number;
  go: () => void;
}

/**
 * How many moves leave this host at once (Nova: max_concurrent_live_migrations), as each of them asks: what is prepared
 * ahead waits here, so that no time passes between the end of one and the begin of the next.
 */
export class OutgoingSlots {
  private underWay = 0;
  private readonly waiting: Waiting[] = [];

  /**
   * Resolves when fewer than `atOnce` (0: no bound) are under way and nobody waits who came before. The function returned
   * ends this one's turn; further calls of it do nothing. `calledOff` lets it through at once, as one that is over.
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
        this.callNext(); // who waited behind it only
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
