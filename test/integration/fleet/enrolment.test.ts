import 'reflect-metadata';
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ServiceError } from '@grpc/grpc-js';
import { AgentCertificates } from '#apps/agent/certificates/agent-certificates';
import { certificateRequest } from '#apps/agent/certificates/certificate-request';
import { writePki } from '#apps/agent/certificates/pki-files';
import { renewCertificates } from '#apps/agent/certificates/renewal';
import { ControlPlane } from '#apps/agent/lease/control-plane';
import { createLogger } from '#libs/common/logger';
import { operator } from '../support/operator.js';
import { ControlPlaneWorld, heartbeat } from '../support/control-plane-world.js';
import type { Joined } from '../support/control-plane-world.js';

let world: ControlPlaneWorld;
before(async () => {
  world = await ControlPlaneWorld.start();
});
after(() => world.stop());

const refusedWith = (words: RegExp) => (error: ServiceError) => words.test(error.details);

test('a token that names its host lets no other in, and is not used up by it', async () => {
  const { token } = await world.tokens.create(operator, { hostname: 'h6' });
  await assert.rejects(world.join(token, 'h7'), refusedWith(/for another host/));
  assert.ok((await world.join(token, 'h6')).answer.hostId);
});

test('a host that has joined joins again only by an operator: then its old certificate is refused', async () => {
  const first = await world.join((await world.tokens.create(operator)).token, 'h8');
  const before = world.asAgent(first);
  assert.equal(await heartbeat(before), 15);
  await assert.rejects(
    world.join((await world.tokens.create(operator)).token, 'h8'),
    refusedWith(/has joined already/),
  );
  await assert.rejects(world.tokens.create(operator, { hostname: 'h8' }), /has joined already/);
  await assert.rejects(world.tokens.create(operator, { reEnrol: true }), /hostname/);
  assert.equal(await heartbeat(before), 15, 'nothing has changed');
  const again = await world.join((await world.tokens.create(operator, { hostname: 'h8', reEnrol: true })).token, 'h8');
  assert.equal(again.answer.hostId, first.answer.hostId);
  await assert.rejects(heartbeat(before), refusedWith(/replaced by another/));
  const now = world.asAgent(again);
  assert.equal(await heartbeat(now), 15);
  before.close();
  now.close();
});

test('a host gets its next certificate with the present one, which stays good until the renewal after', async () => {
  const joined = await world.join((await world.tokens.create(operator)).token, 'h9');
  const next = async (with_: Joined): Promise<Joined> => {
    const { requestPem, keyPem } = await certificateRequest('h9');
    const client = world.asAgent(with_);
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
    const client = world.asAgent(with_);
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
  const joined = await world.join((await world.tokens.create(operator)).token, 'h10');
  const client = world.asAgent(joined);
  await writeFile(join(world.directory, 'c'.repeat(64)), Buffer.alloc(64_000_000));
  const stream = client.downloadImage({ imageId: '', sha256: 'c'.repeat(64) });
  const ended = new Promise<ServiceError>((resolve) => stream.on('error', resolve));
  await new Promise((resolve) => stream.once('data', resolve));
  stream.pause();
  await world.certificates.revoke(operator, 'h10');
  await assert.rejects(heartbeat(client), refusedWith(/is revoked/));
  stream.resume();
  assert.match((await ended).details, /is revoked/);
  client.close();
  const again = world.asAgent(
    await world.join((await world.tokens.create(operator, { hostname: 'h10', reEnrol: true })).token, 'h10'),
  );
  assert.equal(await heartbeat(again), 15);
  again.close();
});

test('an agent renews its certificate before that ends, for a new key, and goes on with it after a crash', async () => {
  process.env.LXSTACK_CERTIFICATE_SECONDS = '60';
  const joined = await world.join((await world.tokens.create(operator)).token, 'h11');
  delete process.env.LXSTACK_CERTIFICATE_SECONDS;
  const pki = join(world.directory, 'h11');
  const { caPem, certificatePem } = joined.answer;
  await writePki(pki, caPem, joined.keyPem, certificatePem);
  const held = await AgentCertificates.open(pki);
  const control = new ControlPlane(world.socket('control'), held.pki);
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
  // A crash between the two renames: the new key is in place, its certificate is not.
  const kept = await readFile(join(pki, 'tls.crt'));
  await writeFile(join(pki, 'tls.crt.next'), kept);
  await writeFile(join(pki, 'tls.crt'), certificatePem);
  assert.deepEqual((await AgentCertificates.open(pki)).pki.cert, kept);
});
