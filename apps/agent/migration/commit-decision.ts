/** Commit or abort, whichever is said first. */
export class CommitDecision {
  private word: 'commit' | 'abort' | undefined;
  private readonly said = Promise.withResolvers<'commit' | 'abort'>();
  /** Why the move was called off. */
  reason = '';

  get made(): 'commit' | 'abort' | undefined {
    return this.word;
  }

  make(word: 'commit' | 'abort'): void {
    if (this.word) return;
    this.word = word;
    this.said.resolve(word);
  }

  callOff(reason: string): void {
    this.reason ||= reason;
    this.make('abort');
  }

  wait(): Promise<'commit' | 'abort'> {
    return this.said.promise;
  }
}
