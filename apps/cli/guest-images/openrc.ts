import { join } from 'node:path';
import { suites } from './debian-root.js';
import { extend } from './extend.js';

const packages = ['openrc', 'busybox-static', 'sysvinit-core-'];

const service = (description: string, program: string, words: string) => `#!/sbin/openrc-run
description="${description}"
supervisor=supervise-daemon
command=${program}
command_args="${words}"
`;

const files = {
  // As Alpine's, but without terminals, which a container does not have.
  'etc/inittab': `::sysinit:/sbin/openrc sysinit
::sysinit:/sbin/openrc boot
::wait:/sbin/openrc default
::once:/usr/local/sbin/dhcp-settings
::ctrlaltdel:/sbin/reboot
::shutdown:/sbin/openrc off
`,
  'etc/init.d/echo': service('Echo on TCP port 7', '/usr/bin/perl', '/usr/local/sbin/echo.pl'),
  'etc/init.d/syslog': service('System log', '/bin/busybox', 'syslogd -n'),
  'etc/init.d/crond': service('Periodic work', '/bin/busybox', 'crond -f -c /etc/crontabs'),
  'etc/crontabs/root': '* * * * * true\n',
};

const links = {
  ...Object.fromEntries(['init', 'halt', 'poweroff', 'reboot'].map((name) => [`sbin/${name}`, '/bin/busybox'])),
  ...Object.fromEntries(
    ['echo', 'syslog', 'crond'].map((name) => [`etc/runlevels/default/${name}`, `/etc/init.d/${name}`]),
  ),
};

/** What the image is made from; a change makes a new one. */
export const openrcRecipe = { version: 2, suite: suites.debian12, packages, files, links };

/**
 * Makes `openrc.tar.gz` in `directory`: BusyBox as init with OpenRC, as Alpine has them, from the sysvinit guest's
 * archive.
 */
export const buildOpenrc = (directory: string, sysvinit: string, logFile: string): Promise<void> =>
  extend(sysvinit, openrcRecipe, join(directory, 'openrc.tar.gz'), logFile);
