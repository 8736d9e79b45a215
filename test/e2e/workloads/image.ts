import { cpSync, globSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { archive, unpack } from '#apps/cli/guest-images/archive';
import { addPackages, putFiles, suites } from '#apps/cli/guest-images/debian-root';
import { debian13Recipe } from '#apps/cli/guest-images/debian';
import { guestOfKind } from '#apps/cli/guest-images/guest-images';
import { cached } from '#apps/cli/hostroot/cache';
import { command } from '#apps/cli/process/command';

/** Where the programs are: no part of what tsc builds. */
const SOURCES = new URL('../../../../test/e2e/workloads/programs/', import.meta.url).pathname;
const sources = globSync('*', { cwd: SOURCES }).sort();

/** Servers and clients: the same image is the server that moves and the one that uses it. */
const packages = [
  ...['postgresql', 'redis-server', 'nginx-light', 'openssh-server', 'chrony', 'cron', 'rsync'],
  ...['wrk', 'openssh-client', 'openjdk-21-jre-headless', 'nodejs'],
];
/** What only makes programs, and is removed again. */
const compilers = ['golang-go', 'openjdk-21-jdk-headless'];
/** What the packages enable, started only where a workload needs it. */
const units = ['postgresql', 'redis-server', 'nginx', 'chrony', 'cron'];

const files = {
  'etc/postgresql/17/main/conf.d/network.conf': "listen_addresses = '*'\n",
  'etc/postgresql/17/main/pg_hba.conf': 'local all all trust\nhost all all all trust\n',
  // One connection for the whole time.
  'etc/nginx/conf.d/keep-alive.conf': 'keepalive_requests 1000000000;\n',
  'etc/systemd/system/redis-server.service.d/network.conf': `[Service]
ExecStart=
ExecStart=/usr/bin/redis-server /etc/redis/redis.conf --supervised systemd --daemonize no --bind 0.0.0.0 --protected-mode no --appendonly yes
`,
  'etc/cron.d/minutes': '* * * * * root date +\\%H:\\%M >>/var/log/minutes\n',
  // A guest may not set the clock of its host.
  'etc/default/chrony': 'DAEMON_OPTS="-F 1 -x"\n',
  'etc/chrony/conf.d/serves.conf': 'allow all\nlocal stratum 5\n',
  ...Object.fromEntries(
    Object.entries({
      java: '/usr/bin/java -cp /srv Server',
      go: '/srv/server-go',
      node: '/usr/bin/node /srv/server.js',
    }).map(([name, start]) => [`etc/systemd/system/server-${name}.service`, `[Service]\nExecStart=${start}\n`]),
  ),
};

const recipe = {
  ...{ version: 2, from: debian13Recipe, suite: suites.debian13, packages, compilers, units, files },
  sources: sources.map((name) => readFileSync(join(SOURCES, name), 'utf8')),
};

/** Path of the archive: Debian 13 with Debian's packages of what is tried, and the programs. Made once, then cached. */
export async function workloadsImage(): Promise<string> {
  const from = await guestOfKind('debian13');
  const directory = await cached('guest-workloads', recipe, (made, log) => build(made, from, log));
  return join(directory, 'workloads.tar.gz');
}

async function build(directory: string, from: string, logFile: string): Promise<void> {
  const root = join(directory, 'root');
  await unpack(from, root);
  await mkdir(join(root, 'dev/shm'), { recursive: true, mode: 0o777 });
  const run = (...words: string[]) => command('chroot', [root, ...words], { logFile });
  // Java and Go look for themselves in /proc.
  await command('mount', ['-t', 'proc', 'proc', join(root, 'proc')]);
  try {
    await addPackages(root, { suite: suites.debian13, packages: [...packages, ...compilers] }, logFile);
    for (const name of sources) cpSync(join(SOURCES, name), join(root, 'srv', name));
    await run('javac', '-d', '/srv', '/srv/Server.java');
    await run(
      'env',
      'HOME=/tmp',
      'GO111MODULE=off',
      'GOCACHE=/tmp/go',
      'go',
      'build',
      '-o',
      '/srv/server-go',
      '/srv/server.go',
    );
    await run('apt-get', 'purge', '--yes', '--autoremove', ...compilers);
    await run('systemctl', 'disable', ...units);
    await run(
      'sh',
      '-c',
      'mkdir -p -m 700 /root/.ssh && ssh-keygen -q -t ed25519 -N "" -f /root/.ssh/id_ed25519 && cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys',
    );
  } finally {
    await command('umount', [join(root, 'proc')]);
  }
  await rm(join(root, 'tmp/go'), { recursive: true });
  await putFiles(root, { files, links: {} });
  await archive(root, join(directory, 'workloads.tar.gz'));
}
