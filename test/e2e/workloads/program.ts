import { randomUUID } from 'node:crypto';

type Run = (...command: string[]) => Promise<string>;

/** A program that runs in a systemd guest until it is told to end. */
export class Program {
  private readonly unit = `program-${randomUUID().slice(0, 8)}`;
  private readonly done: Promise<string>;
  private over = false;

  /** `run` runs a command in the guest. */
  constructor(
    private readonly signal: string,
    private readonly run: Run,
    words: readonly string[],
  ) {
    this.done = run('systemd-run', '--quiet', '--collect', '--wait', '--pipe', `--unit=${this.unit}`, ...words);
    const ended = () => {
      this.over = true;
    };
    this.done.then(ended, ended);
  }

  /** False where it has ended by itself. */
  get running(): boolean {
    return !this.over;
  }

  /** Sends it the signal; returns what it has printed. Throws where it failed, also before. */
  async end(): Promise<string> {
    await this.send(this.signal);
    return this.done;
  }

  /** Kills it, and does not ask how it went. */
  async kill(): Promise<void> {
    await this.send('KILL');
    await this.done.catch(() => undefined);
  }

  private async send(signal: string): Promise<void> {
    const kill = ['systemctl', 'kill', '--kill-whom=main', `--signal=${signal}`, this.unit];
    // It may end by itself in this moment.
    if (this.running) await this.run(...kill).catch(() => undefined);
  }

  /** Resolves when it has ended by itself. Throws where it failed. */
  ended(): Promise<string> {
    return this.done;
  }
}
