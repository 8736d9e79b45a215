import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { test } from 'node:test';
import { DataChannel } from './data-channel.js';
import { FrameType } from './frames.js';

test('a data connection that stands still fails both who waits for a frame and who waits for room', async (context) => {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  context.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const open = async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new DataChannel(socket as TLSSocket, 100);
  };
  const [reader, writer] = await Promise.all([open(), open()]);
  const flood = async () => {
    for (;;) await writer.send(FrameType.message, Buffer.alloc(1 << 18));
  };
  await Promise.all([assert.rejects(reader.receive(), /stood still/), assert.rejects(flood(), /stood still/)]);
});
