/** Counts passed and failed tests. */
export class Tally {
  passed = 0;
  failed = 0;

  /** Adds the counts of another tally. */
  add(other: Tally): void {
    this.passed += other.passed;
    this.failed += other.failed;
  }

  /** The last line of a run. */
  render(): string {
    return `${this.passed} passed, ${this.failed} failed`;
  }
}
