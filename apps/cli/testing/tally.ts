/** How many tests went which way. */
export class Tally {
  passed = 0;
  failed = 0;

  add(other: Tally): void {
    this.passed += other.passed;
    this.failed += other.failed;
  }

  /** The one line a run ends with. */
  render(): string {
    return `${this.passed} passed, ${this.failed} failed`;
  }
}
