import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { TestPki } from '#test/integration/support/test-pki';
import { summarize } from './statistics.js';
import { senders } from './transport/senders.js';

const MEBIBYTES = 256;

/**
 * Compares ways to send memory from agent to agent, both under mutual TLS: a gRPC stream, and a plain TLS stream with
 * frames; that one under a cap too. The far end is a thread of its own, in place of a process.
 */
export async function benchTransport(n: number): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'lxstack-transport-'));
  try {
    const pki = await TestPki.create(directory);
    const [near, far] = [await pki.issue('agent:near'), await pki.issue('agent:far')];
    console.log(`Memory through the loopback, ${MEBIBYTES} MiB each`);
    for (const { name, kind, send, capMiB } of senders) {
      const worker = new Worker(new URL('./transport/far-end.js', import.meta.url), { workerData: { kind, pki: far } });
      const port = await new Promise<number>((resolve, reject) =>
        worker.once('message', resolve).once('error', reject),
      );
      const rates: number[] = [];
      await send(near, port, 16); // the first transfer pays for the handshake and for the compiler
      for (let i = 0; i < n; i++) {
        const since = performance.now();
        await send(near, port, MEBIBYTES);
        rates.push((MEBIBYTES / (performance.now() - since)) * 1000);
      }
      await worker.terminate();
      const { p50, min, max } = summarize(rates);
      const capped = capMiB ? `, ${(p50 / capMiB).toFixed(2)}x of the cap` : '';
      console.log(`${name}: p50 ${p50.toFixed(0)} MiB/s (${min.toFixed(0)} to ${max.toFixed(0)}, n=${n})${capped}`);
    }
  } finally {
    await rm(directory, { recursive: true });
  }
}
