/** A command ended with a status other than 0 (127: the command does not exist). `output`: the end of its stderr. */
export class CommandError extends Error {
  constructor(
    readonly command: string,
    readonly status: number | null,
    readonly output: string,
  ) {
    super(`${command} ended with ${status ?? 'a signal'}: ${output.trim()}`);
    this.name = 'CommandError';
  }
}
