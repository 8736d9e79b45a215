import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import type { ChannelCredentials } from '@grpc/grpc-js';
import * as x509 from '@peculiar/x509';
import { AgentAdmission } from '#apps/api/control-plane/agent-admission';
import { ControlPlaneServers } from '#apps/api/control-plane/control-plane.server';
import { DesiredStateHandler } from '#apps/api/control-plane/desired-state/desired-state.handler';
import { ImageDownload } from '#apps/api/control-plane/image-download';
import { ensurePki } from '#apps/cli/pki/cluster-pki';
import { ControlPlaneClient, EnrolmentClient } from '#generated/lxstack/agent/v1/control_plane';
import type { JoinResponse } from '#generated/lxstack/agent/v1/control_plane';
import { channelCredentials } from '#libs/agent-protocol/credentials';
import { Enrolment } from '#libs/fleet/enrolment/enrolment.service';
import { HostCertificates } from '#libs/fleet/enrolment/host-certificates.service';
import { HostRecords } from '#libs/fleet/hosts/host-records';
import { JoinTokens } from '#libs/fleet/join-tokens/join-tokens.service';
import { Leases } from '#libs/fleet/leases/leases.service';
import { InstanceOwnership } from '#libs/fleet/ownership/ownership.service';
import { ImageBlobs } from '#libs/images/image-blobs';
import { Events } from '#libs/operations/events';
import { Operations } from '#libs/operations/operations.service';
import { OperationQueues } from '#libs/operations/queues';
import { RedisConnections } from '#libs/operations/redis';
import { createTestDatabase } from './servers.js';
import type { TestDatabase } from './servers.js';
import { TestRedis } from './test-redis.js';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** A host that has joined, with the key of its certificate. */
export interface Joined {
  answer: JoinResponse;
  keyPem: string;
}

/** The gRPC servers of an api process on unix sockets, and hosts that exist by their certificates only. */
export class ControlPlaneWorld {
  readonly tokens: JoinTokens;
  readonly certificates: HostCertificates;
  private readonly redis: RedisConnections;
  private readonly queues: OperationQueues;
  private readonly servers: ControlPlaneServers;

  private constructor(
    /** Directory of the PKI and of the blobs. */
    readonly directory: string,
    readonly database: TestDatabase,
    private readonly redisServer: TestRedis,
  ) {
    this.redis = new RedisConnections(redisServer.url());
    this.queues = new OperationQueues(this.redis);
    this.tokens = new JoinTokens(database.dataSource);
    this.certificates = new HostCertificates(database.dataSource, new HostRecords(database.dataSource));
    const events = new Events(this.redis);
    const admission = new AgentAdmission(this.certificates);
    const operations = new Operations(database.dataSource, this.queues, events);
    this.servers = new ControlPlaneServers(
      new Leases(operations),
      new InstanceOwnership(database.dataSource, events, operations),
      new Enrolment(database.dataSource, this.tokens),
      new ImageDownload(new ImageBlobs(), admission),
      new DesiredStateHandler({} as never, {} as never, admission),
      admission,
      this.certificates,
    );
  }

  static async start(): Promise<ControlPlaneWorld> {
    const directory = await mkdtemp(join(tmpdir(), 'lx-control-plane-'));
    await ensurePki(directory, 'test', ['api', 'worker']);
    const world = new ControlPlaneWorld(directory, await createTestDatabase(), await TestRedis.start());
    Object.assign(process.env, {
      LXSTACK_PKI_DIR: join(directory, 'api'),
      LXSTACK_BLOB_DIR: directory,
      LXSTACK_CONTROL_LISTEN: world.socket('control'),
      LXSTACK_ENROL_LISTEN: world.socket('enrol'),
    });
    await world.servers.onApplicationBootstrap();
    return world;
  }

  async stop(): Promise<void> {
    await this.servers.onApplicationShutdown();
    await this.queues.onApplicationShutdown();
    await this.redis.onApplicationShutdown();
    await this.redisServer.stop();
    await this.database.drop();
    await rm(this.directory, { recursive: true });
  }

  socket(name: 'control' | 'enrol'): string {
    return `unix:${join(this.directory, name)}.sock`;
  }

  /** Joins as `hostname`, with a request for another host's certificate. */
  async join(token: string, hostname: string): Promise<Joined> {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const request = await x509.Pkcs10CertificateRequestGenerator.create({
      name: 'CN=control:intruder',
      keys,
      signingAlgorithm: ALGORITHM,
    });
    const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
    const ca = await readFile(join(this.directory, 'ca.crt'));
    const trust = credentials.createSsl(ca, null, null, { checkServerIdentity: () => undefined });
    const client = new EnrolmentClient(this.socket('enrol'), trust);
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

  asAgent({ answer, keyPem }: Joined): ControlPlaneClient {
    const pki = { ca: Buffer.from(answer.caPem), cert: Buffer.from(answer.certificatePem), key: Buffer.from(keyPem) };
    return this.client(channelCredentials(pki, { role: 'control' }));
  }

  client(trust: ChannelCredentials): ControlPlaneClient {
    return new ControlPlaneClient(this.socket('control'), trust);
  }
}

/** Sends a heartbeat; returns the seconds of the lease. */
export function heartbeat(client: ControlPlaneClient): Promise<number> {
  return new Promise((resolve, reject) =>
    client.heartbeat({ bootId: 'b1' }, (error, answer) => (error ? reject(error) : resolve(answer.leaseSeconds))),
  );
}
