import { CommandError } from '../../process/command-error.js';
import { run } from '../../process/run.js';

/** Runs inside the instance, so that no link in it can lead to the host's files. */
const SCRIPT = `
if [ -d /run/systemd/system ] && command -v journalctl >/dev/null; then exec journalctl -b --no-pager -n "$1"; fi
for file in /var/log/console.log /var/log/messages /var/log/syslog; do
  if [ -f "$file" ]; then exec tail -n "$1" "$file"; fi
done
echo "[lxstack] it runs, and keeps no log in /var/log"
`;
const TIMEOUT_MS = 5_000;

/**
 * The last lines of the instance's own log: its journal, or the first of the usual files. An instance has no console,
 * because CRIU could not dump one.
 */
export async function readOwnLog(lxcPath: string, id: string, initPid: number, lines: number): Promise<Buffer> {
  if (!initPid) return Buffer.from('[lxstack] it does not run: its log cannot be read\n');
  try {
    const inside = ['/bin/sh', '-c', SCRIPT, 'sh', String(lines)];
    return Buffer.from(
      await run('lxc-attach', ['-n', id, '-P', lxcPath, '--clear-env', '--', ...inside], '', TIMEOUT_MS),
    );
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return Buffer.from(`[lxstack] its log cannot be read: ${error.output.trim() || 'it did not answer in time'}\n`);
  }
}
