import 'reflect-metadata';
import assert from 'node:assert/strict';
import { randomBytes, webcrypto } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { credentials, status } from '@grpc/grpc-js';
import type { ChannelCredentials, ServiceError } from '@grpc/grpc-js';
import * as x509 from '@peculiar/x509';
import { AgentAdmission } from '#apps/api/control-plane/agent-admission';
import { AgentCertificates } from '#apps/agent/certificates/agent-certificates';
import { certificateRequest } from '#apps/agent/certificates/certificate-request';
import { writePki } from '#apps/agent/certificates/pki-files';
import { renewCertificates } from '#apps/agent/certificates/renewal';
import { ControlPlane } from '#apps/agent/lease/control-plane';
import { createLogger } from '#libs/common/logger';
import { HostCertificates } from '#libs/fleet/enrolment/host-certificates.service';
import { ControlPlaneServers } from '#apps/api/control-plane/control-plane.server';
import { DesiredStateHandler } from '#apps/api/control-plane/desired-state/desired-state.handler';
import { ImageDownload } from '#apps/api/control-plane/image-download';
import { ImageBlobs } from '#libs/images/image-blobs';
import { ensurePki } from '#apps/cli/pki/cluster-pki';
import { ControlPlaneClient, EnrolmentClient } from '#generated/lxstack/agent/v1/control_plane';
import type { ImageChunk, JoinResponse } from '#generated/lxstack/agent/v1/control_plane';
import { InstanceState } from '#generated/lxstack/agent/v1/types';
import { channelCredentials, readPki } from '#libs/agent-protocol/credentials';
import { newId } from '#libs/common/ids';
import { Enrolment } from '#libs/fleet/enrolment/enrolment.service';
import { JoinTokens } from '#libs/fleet/join-tokens/join-tokens.service';
import { Leases } from '#libs/fleet/leases/leases.service';
import { InstanceOwnership } from '#libs/fleet/ownership/ownership.service';
import { Events } from '#libs/operations/events';
import { Operations } from '#libs/operations/operations.service';
import { OperationQueues } from '#libs/operations/queues';
import { RedisConnections } from '#libs/operations/redis';
import { createTestDatabase } from '../support/servers.js';
import type { TestDatabase } from '../support/servers.js';
import { TestRedis } from '../support/test-redis.js';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

let database: TestDatabase;
let directory: string;
let redisServer: TestRedis;
let redis: RedisConnections;
let queues: OperationQueues;
let servers: ControlPlaneServers;
let tokens: JoinTokens;
let certificates: HostCertificates;

const socket = (name: string) => `unix:${join(directory, name)}.sock`;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lx-control-plane-'));
  await ensurePki(directory, 'test', ['api', 'worker']);
  Object.assign(process.env, {
    LXSTACK_PKI_DIR: join(directory, 'api'),
    LXSTACK_BLOB_DIR: directory,
    LXSTACK_CONTROL_LISTEN: socket('control'),
    LXSTACK_ENROL_LISTEN: socket('enrol'),
  });
  database = await createTestDatabase();
  redisServer = await TestRedis.start();
  redis = new RedisConnections(redisServer.url());
  tokens = new JoinTokens(database.dataSource);
  const events = new Events(redis);
  queues = new OperationQueues(redis);
  certificates = new HostCertificates(database.dataSource);
  const admission = new AgentAdmission(certificates);
  servers = new ControlPlaneServers(
    new Leases(new Operations(database.dataSource, queues, events)),
    new InstanceOwnership(database.dataSource, events),
    new Enrolment(database.dataSource, tokens),
    new ImageDownload(new ImageBlobs(), admission),
    new DesiredStateHandler({} as never, {} as never, admission),
    admission,
    certificates,
  );
  await servers.onApplicationBootstrap();
});
after(async () => {
  await servers.onApplicationShutdown();
  await queues.onApplicationShutdown();
  await redis.onApplicationShutdown();
  await redisServer.stop();
  await database.drop();
  await rm(directory, { recursive: true });
});

interface Joined {
  answer: JoinResponse;
  keyPem: string;
}

async function joinHost(token: string, hostname: string): Promise<Joined> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=control:intruder',
    keys,
    signingAlgorithm: ALGORITHM,
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  const ca = await readFile(join(directory, 'ca.crt'));
  const trust = credentials.createSsl(ca, null, null, { checkServerIdentity: () => undefined });
  const client = new EnrolmentClient(socket('enrol'), trust);
  const message = {
    token,
    hostname,
    certificateRequestPem: request.toString('pem'),
    address: '10.0.0.1:7080',
    role: 'compute',
    availabilityZone: '',
  };
  try {
    const answer = await new Promise<JoinResponse>((resolve, reject) =>
      client.join(message, (error, response) => (error ? reject(error) : resolve(response))),
    );
    return { answer, keyPem: x509.PemConverter.encode(key, 'PRIVATE KEY') };
  } finally {
    client.close();
  }
}

async function asAgent({ answer, keyPem }: Joined): Promise<ControlPlaneClient> {
  const pki = { ca: Buffer.from(answer.caPem), cert: Buffer.from(answer.certificatePem), key: Buffer.from(keyPem) };
  return controlPlane(channelCredentials(pki, { role: 'control' }));
}

const controlPlane = (trust: ChannelCredentials) => new ControlPlaneClient(socket('control'), trust);

function heartbeat(client: ControlPlaneClient): Promise<number> {
  return new Promise((resolve, reject) =>
    client.heartbeat({ bootId: 'b1' }, (error, answer) => (error ? reject(error) : resolve(answer.leaseSeconds))),
  );
}

test('a host joins by a token that is good once, and its certificate says agent whatever it asked for', async () => {
  const { token } = await tokens.create();
  const joined = await joinHost(token, 'h1');
  assert.equal(new x509.X509Certificate(joined.answer.certificatePem).subject, 'CN=agent:h1');
  const client = await asAgent(joined);
  assert.equal(await heartbeat(client), 15);
  client.close();
  await assert.rejects(joinHost(token, 'h2'), (error: ServiceError) => /token/.test(error.details));
});

test('a certificate of another role is refused', async () => {
  const pki = readPki(join(directory, 'worker'));
  const client = controlPlane(channelCredentials(pki, { role: 'control' }));
  await assert.rejects(heartbeat(client), (error: ServiceError) => /role agent/.test(error.details));
  client.close();
});

test('invariant 2: an agent hears what it owns, and at which epoch', async () => {
  const joined = await joinHost((await tokens.create()).token, 'h3');
  const [mine, other, unknown] = [newId(), newId(), newId()];
  await addInstance(mine, joined.answer.hostId, 7);
  await addInstance(other, newId(), 2);
  const client = await asAgent(joined);
  const { ownerships } = await new Promise<{ ownerships: unknown[] }>((resolve, reject) =>
    client.getOwnership({ instanceIds: [mine, other, unknown] }, (error, answer) =>
      error ? reject(error) : resolve(answer),
    ),
  );
  client.close();
  assert.deepEqual(ownerships, [
    { instanceId: mine, exists: true, owned: true, deleted: false, epoch: 7 },
    { instanceId: other, exists: true, owned: false, deleted: false, epoch: 2 },
    { instanceId: unknown, exists: false, owned: false, deleted: false, epoch: 0 },
  ]);
});

test('a container that ended by itself is stopped, unless its owner or its epoch is another, or once its task has ended', async () => {
  const joined = await joinHost((await tokens.create()).token, 'h4');
  const [mine, busy, stale, other] = [newId(), newId(), newId(), newId()];
  await addInstance(mine, joined.answer.hostId, 1);
  await addInstance(busy, joined.answer.hostId, 1);
  const task = (state: string | null) =>
    database.dataSource.query('UPDATE instances SET task_state = $1 WHERE id = $2', [state, busy]);
  await task('migrating');
  await addInstance(stale, joined.answer.hostId, 2);
  await addInstance(other, newId(), 1);
  const client = await asAgent(joined);
  const ended = (id: string) => ({
    id,
    epoch: 1,
    state: InstanceState.INSTANCE_STATE_STOPPED,
    initPid: 0,
    reason: '',
    memoryBytesUsed: 0,
  });
  const tellAgain = (...ids: string[]) =>
    new Promise<string[]>((resolve, reject) =>
      client.reportInstances({ instances: ids.map(ended) }, (error, answer) =>
        error ? reject(error) : resolve(answer.busyIds),
      ),
    );
  const stopped = async () => {
    const rows = await database.dataSource.query<{ id: string }[]>(
      `SELECT id FROM instances WHERE vm_state = 'stopped' AND power_state = 4`,
    );
    return new Set(rows.map(({ id }) => id));
  };
  assert.deepEqual(await tellAgain(mine, busy, stale, other), [busy]);
  assert.deepEqual(await stopped(), new Set([mine]));
  await task(null);
  assert.deepEqual(await tellAgain(mine, busy), []);
  assert.deepEqual(await stopped(), new Set([mine, busy]));
  client.close();
});

test('an image is streamed to a host, and one that is not there is NOT_FOUND', async () => {
  const client = await asAgent(await joinHost((await tokens.create()).token, 'h5'));
  const download = async (sha256: string) => {
    const parts: Buffer[] = [];
    for await (const { data } of client.downloadImage({ imageId: '', sha256 }) as AsyncIterable<ImageChunk>)
      parts.push(Buffer.from(data));
    return Buffer.concat(parts);
  };
  const blob = randomBytes(3_000_000);
  await writeFile(join(directory, 'a'.repeat(64)), blob);
  assert.ok((await download('a'.repeat(64))).equals(blob));
  await assert.rejects(download('b'.repeat(64)), (error: ServiceError) => error.code === status.NOT_FOUND);
  client.close();
});

const refusedWith = (words: RegExp) => (error: ServiceError) => words.test(error.details);

test('a token that names its host lets no other in, and is not used up by it', async () => {
  const { token } = await tokens.create({ hostname: 'h6' });
  await assert.rejects(joinHost(token, 'h7'), refusedWith(/for another host/));
  assert.ok((await joinHost(token, 'h6')).answer.hostId);
});

test('a host that has joined joins again only by an operator: then its old certificate is refused', async () => {
  const first = await joinHost((await tokens.create()).token, 'h8');
  const before = await asAgent(first);
  assert.equal(await heartbeat(before), 15);
  await assert.rejects(joinHost((await tokens.create()).token, 'h8'), refusedWith(/has joined already/));
  await assert.rejects(tokens.create({ hostname: 'h8' }), /has joined already/);
  await assert.rejects(tokens.create({ reEnrol: true }), /hostname/);
  assert.equal(await heartbeat(before), 15, 'nothing has changed');
  const again = await joinHost((await tokens.create({ hostname: 'h8', reEnrol: true })).token, 'h8');
  assert.equal(again.answer.hostId, first.answer.hostId);
  await assert.rejects(heartbeat(before), refusedWith(/replaced by another/));
  const now = await asAgent(again);
  assert.equal(await heartbeat(now), 15);
  before.close();
  now.close();
});

test('a host gets its next certificate with the present one, which stays good until the renewal after', async () => {
  const joined = await joinHost((await tokens.create()).token, 'h9');
  const next = async (with_: Joined): Promise<Joined> => {
    const { requestPem, keyPem } = await certificateRequest('h9');
    const client = await asAgent(with_);
    try {
      const { certificatePem } = await new Promise<{ certificatePem: string }>((resolve, reject) =>
        client.renewCertificate({ certificateRequestPem: requestPem }, (error, answer) =>
          error ? reject(error) : resolve(answer),
        ),
      );
      return { answer: { ...joined.answer, certificatePem }, keyPem };
    } finally {
      client.close();
    }
  };
  const beats = async (with_: Joined) => {
    const client = await asAgent(with_);
    return heartbeat(client).finally(() => client.close());
  };
  const second = await next(joined);
  for (const one of [joined, second]) assert.equal(await beats(one), 15);
  const third = await next(second);
  for (const one of [second, third]) assert.equal(await beats(one), 15);
  await assert.rejects(beats(joined), refusedWith(/replaced by another/));
  assert.notEqual(third.keyPem, joined.keyPem);
});

test('a revoked host is refused at once, on streams that are open too, until it joins again', async () => {
  const joined = await joinHost((await tokens.create()).token, 'h10');
  const client = await asAgent(joined);
  await writeFile(join(directory, 'c'.repeat(64)), Buffer.alloc(64_000_000));
  const stream = client.downloadImage({ imageId: '', sha256: 'c'.repeat(64) });
  const ended = new Promise<ServiceError>((resolve) => stream.on('error', resolve));
  await new Promise((resolve) => stream.once('data', resolve));
  stream.pause();
  await certificates.revoke('h10');
  await assert.rejects(heartbeat(client), refusedWith(/is revoked/));
  stream.resume();
  assert.match((await ended).details, /is revoked/);
  client.close();
  const again = await asAgent(await joinHost((await tokens.create({ hostname: 'h10', reEnrol: true })).token, 'h10'));
  assert.equal(await heartbeat(again), 15);
  again.close();
});

test('an agent renews its certificate before that ends, for a new key, and goes on with it after a crash', async () => {
  process.env.LXSTACK_CERTIFICATE_SECONDS = '60';
  const joined = await joinHost((await tokens.create()).token, 'h11');
  delete process.env.LXSTACK_CERTIFICATE_SECONDS;
  const pki = join(directory, 'h11');
  const { caPem, certificatePem } = joined.answer;
  await writePki(pki, caPem, joined.keyPem, certificatePem);
  const held = await AgentCertificates.open(pki);
  const control = new ControlPlane(socket('control'), held.pki);
  const ending = new AbortController();
  const renewed = new Promise<void>((resolve) => {
    held.follow((now) => {
      control.use(now);
      if (now.cert.toString() !== certificatePem) resolve();
    });
  });
  const done = renewCertificates({
    hostname: 'h11',
    certificates: held,
    control,
    fraction: 0.51,
    logger: createLogger('test'),
    signal: ending.signal,
  });
  await renewed;
  ending.abort();
  await done;
  assert.ok(held.endsAt > Date.now() + 3_600_000, 'the next one lives as long as the setting says now');
  assert.notEqual(held.pki.key.toString(), joined.keyPem);
  assert.deepEqual(await control.ownership([]), []);
  // Cut off between the two renames: the new key is there, its certificate is not yet.
  const kept = await readFile(join(pki, 'tls.crt'));
  await writeFile(join(pki, 'tls.crt.next'), kept);
  await writeFile(join(pki, 'tls.crt'), certificatePem);
  assert.deepEqual((await AgentCertificates.open(pki)).pki.cert, kept);
});

async function addInstance(id: string, hostId: string, epoch: number): Promise<void> {
  await database.dataSource.query(
    `INSERT INTO instances (id, name, hostname, project_id, user_id, flavor, image_id, host_id, vm_state, power_state, epoch)
     VALUES ($1, 'i', 'i', 'p', 'u', '{}', $1, $2, 'active', 1, $3)`,
    [id, hostId, epoch],
  );
}
