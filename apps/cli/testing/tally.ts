/** Counts passed and failed tests, and how long each file took. */
export class Tally {
  passed = 0;
  failed = 0;
  private readonly seconds = new Map<string, number>();

  /** Adds the counts of another tally. */
  add(other: Tally): void {
    this.passed += other.passed;
    this.failed += other.failed;
    for (const [file, seconds] of other.seconds) this.took(file, seconds);
  }

  /** A file's tests have taken so many seconds; more where it has run before, on another fleet. */
  took(file: string, seconds: number): void {
    this.seconds.set(file, (this.seconds.get(file) ?? 0) + seconds);
  }

  /** The files that took longest, a line for each. */
  slowest(count: number): string[] {
    return [...this.seconds]
      .sort(([, a], [, b]) => b - a)
      .slice(0, count)
      .map(([file, seconds]) => `${seconds.toFixed(0).padStart(5)} s ${file}`);
  }

  /** The last line of a run. */
  render(): string {
    return `${this.passed} passed, ${this.failed} failed`;
  }
}
