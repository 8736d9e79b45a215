import { CommandError } from '../../process/command-error.js';
import { run } from '../../process/run.js';

const TIMEOUT_MS = 10_000;

/** The state that LXC's monitor of an instance tells (`RUNNING`, `FROZEN`, …); '' where it does not answer. */
export async function monitorState(lxcPath: string, instanceId: string): Promise<string> {
  try {
    return (await run('lxc-info', ['-n', instanceId, '-P', lxcPath, '-sH'], '', TIMEOUT_MS)).trim();
  } catch (error) {
    if (error instanceof CommandError) return '';
    throw error;
  }
}
