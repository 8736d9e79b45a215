/** Runs work one at a time per key, in the order in which it was asked for. */
export class Turns {
  private readonly last = new Map<string, Promise<unknown>>();

  /** Runs `work` after the earlier work of this key; resolves or rejects as it does. */
  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const mine = (this.last.get(key) ?? Promise.resolve()).then(work, work);
    this.last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.last.get(key) === mine) this.last.delete(key);
    }
  }
}

/** `Turns` with a single queue. */
export class Turn {
  private readonly turns = new Turns();

  /** Runs `work` after all earlier work; resolves or rejects as it does. */
  take<T>(work: () => Promise<T>): Promise<T> {
    return this.turns.take('', work);
  }
}
