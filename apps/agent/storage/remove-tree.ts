import { rm } from 'node:fs/promises';
import { run } from '../process/run.js';

const TIMEOUT_MS = 600_000;
/** What rm() throws where unlink(2) said EPERM: it tries the name as a directory too. */
const REFUSED = ['EPERM', 'EACCES', 'ENOTDIR', 'ENOTEMPTY'];

/** Takes the flags immutable and append-only (FS_IOC_GETFLAGS) off files and directories. */
const FREE = `use Fcntl;
for (@ARGV) {
  sysopen my $file, $_, O_RDONLY | O_NOFOLLOW | O_NONBLOCK or next;
  my $has = pack 'Lx4';
  ioctl $file, 0x80086601, $has or next;
  my $new = pack 'Lx4', unpack('L', $has) & ~0x30;
  ioctl $file, 0x40086602, $new;
}`;

/** Removes a directory of which no process is left, also where it has files that chattr(1) has made immutable. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (!REFUSED.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    const kinds = ['(', '-type', 'f', '-o', '-type', 'd', ')'];
    await run('find', [path, ...kinds, '-exec', 'perl', '-e', FREE, '--', '{}', '+'], '', TIMEOUT_MS);
    await rm(path, { recursive: true, force: true });
  }
}
