import { cpuOf, usedSince } from './process-cpu.js';

/**
 * Measures work that is done many times: the rate, the statements that PostgreSQL executed for each, and the CPU time of
 * each by group of processes, this one included.
 */
export class Meter {
  private n = 0;
  private seconds = 0;
  private statements = 0;
  private readonly used: Record<string, number> = {};

  constructor(
    private readonly what: string,
    /** Process ids by the name that they are reported under. */
    private readonly groups: Readonly<Record<string, readonly number[]>>,
    private readonly executed: () => Promise<number>,
  ) {}

  /** Runs `work`, which does it `n` times, and adds what that took. */
  async during<T>(n: number, work: () => Promise<T>): Promise<T> {
    const statements = await this.executed();
    const before = this.cpu();
    const begun = performance.now();
    const result = await work();
    this.seconds += (performance.now() - begun) / 1000;
    this.n += n;
    const after = this.cpu();
    this.statements += (await this.executed()) - statements;
    for (const [name, seconds] of Object.entries(usedSince(before, after)))
      this.used[name] = (this.used[name] ?? 0) + seconds;
    return result;
  }

  report(): string {
    const ms = Object.entries(this.used).map(([name, seconds]) => [name, (1000 * seconds) / this.n] as const);
    const all = ms.reduce((sum, [, each]) => sum + each, 0);
    const each = ms.map(([name, value]) => `${name} ${value.toFixed(1)}`).join(', ');
    const pace = (this.n / this.seconds).toFixed(1);
    const statements = (this.statements / this.n).toFixed(1);
    return `${pace} ${this.what}/s (n=${this.n}); statements each: ${statements}; CPU ms each: ${all.toFixed(1)} (${each})`;
  }

  private cpu(): Record<string, number> {
    const { user, system } = process.cpuUsage();
    return { ...cpuOf(this.groups), 'this client': (user + system) / 1e6 };
  }
}
