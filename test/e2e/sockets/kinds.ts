import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { PingPong } from '#apps/cli/client/ping-pong';
import { floodLines, ports } from './guest.js';

/**
 * A connection that is held through the moves. Returns what is wrong with it at the end; undefined where nothing is.
 */
type Held = () => Promise<string | undefined>;

const patienceMs = 120_000;

async function connected(host: string, port: number, allowHalfOpen = false): Promise<Socket> {
  const socket = createConnection({ host, port, allowHalfOpen });
  await once(socket, 'connect');
  return socket;
}

function pingPong(socket: Socket): Held {
  const session = new PingPong(socket, 20, patienceMs);
  const done = session.run();
  return async () => {
    session.stop();
    const { open, failure, count } = await done;
    return open && count > 10 ? undefined : (failure ?? `${count} messages`);
  };
}

async function echoed(host: string, port: number): Promise<Held> {
  const socket = await connected(host, port);
  socket.write('e');
  return pingPong(socket);
}

/** All bytes up to the end of the other side's half. Throws where it does not end in time. */
async function allOf(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).resume();
  await once(socket, 'end', { signal: AbortSignal.timeout(patienceMs) });
  return Buffer.concat(chunks);
}

const unless = (right: boolean, words: string): string | undefined => (right ? undefined : words);

/** Fills the guest's send queue: nothing is read before the moves are over. */
async function flooded(host: string): Promise<Held> {
  const socket = await connected(host, ports.v4);
  socket.pause();
  socket.write('f');
  return async () => {
    const all = await allOf(socket);
    const lines = Array.from({ length: floodLines }, (_, i) => `${String(i).padStart(15, '0')}\n`.repeat(256));
    return unless(all.equals(Buffer.from(lines.join(''))), `${all.length} bytes, not those that were sent`);
  };
}

/** Fills the guest's receive queue, which the guest reads only afterwards. */
async function queued(host: string): Promise<Held> {
  const socket = await connected(host, ports.v4, true);
  const sent = Buffer.alloc(40_000, 'q');
  socket.write('q');
  socket.end(sent);
  return async () => unless((await allOf(socket)).equals(sent), 'the queue has changed');
}

/** This side ends its half; the guest answers afterwards. */
async function endedHere(host: string): Promise<Held> {
  const socket = await connected(host, ports.v4, true);
  socket.end('hword');
  return async () => {
    const text = (await allOf(socket)).toString();
    return unless(text === 'late word', text);
  };
}

/** The guest ends its half; what it reads afterwards is in its /tmp/half. */
async function endedThere(host: string): Promise<Held> {
  const socket = await connected(host, ports.v4, true);
  socket.write('s');
  await once(socket.resume(), 'end');
  return () =>
    new Promise((resolve) => {
      socket.once('error', (error) => resolve(error.message));
      socket.end('half', () => resolve(undefined));
    });
}

/** Datagrams may be lost, the socket may not. */
async function datagrams(host: string): Promise<Held> {
  const socket = createSocket('udp4');
  const answered = async (word: string) => {
    const again = setInterval(() => socket.send(word, ports.udp, host), 50);
    const signal = AbortSignal.timeout(patienceMs);
    for (let said = ''; said !== word;) said = String((await once(socket, 'message', { signal }))[0]);
    clearInterval(again);
  };
  await answered('early');
  return async () => {
    await answered('late');
    return undefined;
  };
}

/** The connection that the guest makes to this process. */
async function outward(): Promise<Held> {
  const server = createServer().listen(ports.outward);
  await once(server, 'listening');
  process.stdout.write('listening\n');
  const [socket] = (await once(server, 'connection')) as [Socket];
  return pingPong(socket);
}

/** Prints `listening` for the guest to connect, `ready` once all stand; when standard input ends, one JSON object with what is wrong with each (null: nothing). */
async function main([v4, v6]: string[]): Promise<void> {
  const held: Record<string, Held> = {
    outward: await outward(),
    v4: await echoed(v4!, ports.v4),
    v6: await echoed(v6!, ports.mapped),
    mapped: await echoed(v4!, ports.mapped),
    flooded: await flooded(v4!),
    queued: await queued(v4!),
    endedHere: await endedHere(v4!),
    endedThere: await endedThere(v4!),
    datagrams: await datagrams(v4!),
  };
  process.stdout.write('ready\n');
  await once(process.stdin.resume(), 'end');
  const wrong = Object.entries(held).map(async ([kind, look]) => {
    const words = await look().catch((error: unknown) => String(error));
    return [kind, words ?? null] as const;
  });
  process.stdout.write(`${JSON.stringify(Object.fromEntries(await Promise.all(wrong)))}\n`);
  process.exit(0);
}

await main(process.argv.slice(2));
