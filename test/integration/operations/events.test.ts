import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { EventStream } from '#apps/api/events/event-stream';
import { Events } from '#libs/operations/events';
import { startFaces } from '../support/openstack-faces.js';
import type { Faces, Person } from '../support/openstack-faces.js';

interface Message {
  type: string;
  id: string;
}

let faces: Faces;
let admin: string;
let member: Person;
before(async () => {
  faces = await startFaces();
  faces.app.get(EventStream).attach(faces.app.getHttpServer() as Server);
  admin = await faces.login();
  member = await faces.person(admin, 'events', 'member');
});
after(() => faces.close());

const url = (query = '') => `${faces.url.replace('http', 'ws')}/fleet/v1/events${query}`;
const headers = (token: string) => ({ headers: { 'x-auth-token': token } });

async function open(socket: WebSocket): Promise<WebSocket> {
  await once(socket, 'open');
  return socket;
}

/** The status with which an upgrade is refused. */
async function refused(socket: WebSocket): Promise<number> {
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
  return response.statusCode;
}

const next = async (socket: WebSocket): Promise<Message> => {
  const [data] = (await once(socket, 'message')) as [Buffer];
  return JSON.parse(String(data)) as Message;
};

const closed = async (socket: WebSocket): Promise<[number, string]> => {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return [code, String(reason)];
};

/** Sends an event about a thing of `projectId` again and again until `seen` has ended: Redis may not listen yet. */
async function tellUntil<T>(projectId: string | null, seen: Promise<T>): Promise<T> {
  const events = faces.app.get(Events);
  const again = setInterval(
    () => events.publish({ type: 'instance', id: projectId ?? 'none', projectId, data: {} }),
    50,
  );
  try {
    return await seen;
  } finally {
    clearInterval(again);
  }
}

test('a token in the URL is refused, whatever else is right', async () => {
  assert.equal(await refused(new WebSocket(url(`?token=${member.token}`))), 400);
  assert.equal(await refused(new WebSocket(url(`?token=${member.token}`), headers(member.token))), 400);
});

test('a wrong token is 401, one without a project 403', async () => {
  assert.equal(await refused(new WebSocket(url(), headers('wrong'))), 401);
  const unscoped = (await faces.authenticate('admin', 'a password of tests', 'unscoped')).headers.get(
    'x-subject-token',
  )!;
  assert.equal(await refused(new WebSocket(url(), headers(unscoped))), 403);
});

test('a token in the header, as a protocol or in the first message opens the stream of its project alone', async () => {
  const protocols = ['lxstack.events', `lxstack.token.${member.token}`];
  const first = await open(new WebSocket(url()));
  first.send(JSON.stringify({ token: member.token }));
  assert.equal((await next(first)).type, 'ready');
  const sockets = [
    first,
    await open(new WebSocket(url(), headers(member.token))),
    await open(new WebSocket(url(), protocols)),
  ];
  assert.equal(sockets[2]!.protocol, 'lxstack.events');
  const all = await open(new WebSocket(url(), headers(admin)));
  const heard: string[] = [];
  for (const socket of sockets)
    socket.on('message', (data: Buffer) => heard.push((JSON.parse(String(data)) as Message).id));
  await tellUntil('somebody else', next(all));
  await tellUntil(null, next(all));
  await tellUntil(member.projectId, Promise.all(sockets.map(next)));
  assert.deepEqual(new Set(heard), new Set([member.projectId]));
  for (const socket of [...sockets, all]) socket.close();
});

test('a first message without a valid token closes the stream', async () => {
  for (const message of ['{}', 'no JSON', JSON.stringify({ token: 'wrong' })]) {
    const socket = await open(new WebSocket(url()));
    socket.send(message);
    assert.equal((await closed(socket))[0], 1008, message);
  }
});

test('a token that is revoked, or has run out, ends its stream and no other', async () => {
  const other = await open(new WebSocket(url(), headers(member.token)));
  const token = await faces.login('events', 'a password of tests', 'events');
  const revoked = await open(new WebSocket(url(), headers(token)));
  const gone = closed(revoked);
  await faces.database.query('DELETE FROM tokens WHERE token_hash = encode(sha256($1::bytea), $2)', [token, 'hex']);
  assert.deepEqual(await gone, [1008, 'the token was revoked']);
  const short = await faces.login('events', 'a password of tests', 'events');
  await faces.database.query(
    `UPDATE tokens SET expires_at = now() + interval '2 seconds' WHERE token_hash = encode(sha256($1::bytea), 'hex')`,
    [short],
  );
  assert.equal((await closed(await open(new WebSocket(url(), headers(short)))))[0], 1008);
  assert.equal(other.readyState, WebSocket.OPEN);
  other.close();
});

test('a role that is taken away ends the stream', async () => {
  const person = await faces.person(admin, 'leaving', 'member');
  const socket = await open(new WebSocket(url(), headers(person.token)));
  const gone = closed(socket);
  const { projectId, userId, roleId } = person;
  await faces.ask('DELETE', `/identity/v3/projects/${projectId}/users/${userId}/roles/${roleId}`, { token: admin });
  assert.equal((await gone)[0], 1008);
});

test('a client that does not read is cut off when its buffer is full', async () => {
  process.env.LXSTACK_EVENTS_BUFFER_BYTES = '65536';
  try {
    const socket = await open(new WebSocket(url(), headers(member.token)));
    socket.pause();
    const events = faces.app.get(Events);
    const data = { filling: 'x'.repeat(30_000) };
    const again = setInterval(() => {
      for (let i = 0; i < 50; i++) events.publish({ type: 'instance', id: 'i', projectId: member.projectId, data });
    }, 20);
    const cut = async () => {
      const server = faces.app.get(EventStream);
      while (server.listening > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await cut();
    clearInterval(again);
    socket.terminate();
  } finally {
    delete process.env.LXSTACK_EVENTS_BUFFER_BYTES;
  }
});
