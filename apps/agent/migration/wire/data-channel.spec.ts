import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { sleep } from '#libs/common/clock';
import { DataChannel } from './data-channel.js';
import { FrameType } from './wire-frames.js';

/** Channels to a server that does with each connection what `serve` does. */
async function channels(context: TestContext, count: number, serve: (socket: Socket) => void, standstillMs?: number) {
  const server = createServer({ pauseOnConnect: true }, serve).listen(0, '127.0.0.1');
  context.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      return new DataChannel(socket as TLSSocket, standstillMs);
    }),
  );
}

test('a data connection that stands still fails the reader that waits for a frame and the writer that waits for room', async (context) => {
  const [reader, writer] = await channels(context, 2, () => undefined, 100);
  const flood = async () => {
    for (;;) await writer.send(FrameType.message, Buffer.alloc(1 << 18));
  };
  await Promise.all([assert.rejects(reader.receive(), /stood still/), assert.rejects(flood(), /stood still/)]);
});

test('an end that is silent during the switch fails the connection', async (context) => {
  const [channel] = await channels(context, 1, () => undefined);
  channel.keepTalking(200);
  await assert.rejects(channel.receive(), /silent for 0.2 s/);
});

test('two ends that only send signs of life stay connected, and their other frames arrive without them', async (context) => {
  const { promise: served, resolve } = Promise.withResolvers<DataChannel>();
  const [near] = await channels(context, 1, (socket) => resolve(new DataChannel(socket.resume() as TLSSocket)));
  const far = await served;
  for (const end of [near, far]) end.keepTalking(300);
  await sleep(1_000);
  await near.send(FrameType.image, Buffer.from('x'));
  assert.equal((await far.receive()).type, FrameType.image);
  near.close();
  far.close();
});
