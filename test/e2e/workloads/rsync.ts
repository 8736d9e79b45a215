import assert from 'node:assert/strict';
import type { Guests } from './guests.js';
import type { Program } from './program.js';
import type { Underway, Workload } from './workload.js';

const BYTES = 1024 ** 3;
/** Bytes per second, so that a move fits into the second half. */
const PACE = '100m';
const [file, copy] = ['/var/tmp/file', '/var/tmp/copy'];
const shell = 'ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR';

export const rsync: Workload = {
  name: 'rsync of 1 GiB half way',
  notYet: 'a file that is being written goes whole in each pass: on a busy machine the move took more than two minutes',
  async start(guests: Guests): Promise<Underway> {
    await guests.inClient(`head -c ${BYTES} /dev/urandom >${file}`);
    const wanted = await guests.inClient(`sha256sum <${file}`);
    let transfer: Program;
    let [transfers, before] = [0, 0];
    return {
      async midst() {
        const to = `root@${guests.address}:${copy}`;
        transfer = guests.program('TERM', 'rsync', '--rsh', shell, `--bwlimit=${PACE}`, file, to);
        const half = `[ "$(stat -c %s /var/tmp/.copy.* 2>/dev/null || echo 0)" -ge ${BYTES / 2} ]`;
        await guests.inMoved(`until ${half} || [ -e ${copy} ]; do sleep 0.1; done`);
      },
      async goesOn() {
        transfers++;
        if (transfer.running) before++;
        await transfer.ended();
        assert.equal(await guests.inMoved(`sha256sum <${copy} && rm ${copy}`), wanted);
      },
      async end() {
        await guests.inClient(`rm ${file}`);
        return `${transfers} transfers whole, ${before} of them went on after the move`;
      },
    };
  },
};
