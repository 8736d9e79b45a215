import { Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Client } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { UnavailableError } from '#libs/common/errors';
import { settings } from '#libs/common/settings/settings';
import { channelCredentials, channelOptions, readPki } from '#libs/agent-protocol/credentials';
import type { Pki } from '#libs/agent-protocol/credentials';
import type { Host } from '../hosts/host.entity.js';
import { shapeOf } from './agent-calls.js';
import type { RequestOf, ResponseOf, StreamMethod, UnaryMethod } from './agent-calls.js';
import { fromAgent } from './agent-errors.js';

/** Where an agent listens, and whose certificate it must show. */
export type AgentAddress = Pick<Host, 'id' | 'name' | 'address'> & Partial<Pick<Host, 'revokedAt'>>;

export interface CallOptions {
  /** Milliseconds until the call is given up (invariant 6). */
  deadlineMs: number;
  signal?: AbortSignal;
}

interface Channel {
  address: string;
  client: Client;
}

/**
 * The agents' client: one channel per host, kept open; calls typed by the contract; mutual TLS that checks for
 * `agent:NAME`.
 */
@Injectable()
export class Agents implements OnApplicationShutdown {
  private readonly channels = new Map<string, Channel>();
  private pki: Pki | undefined;

  /**
   * Calls a method that has one answer. Throws the errors of agent-errors.ts; UnavailableError where the failure may
   * pass.
   */
  unary<M extends UnaryMethod>(
    host: AgentAddress,
    method: M,
    request: RequestOf<M>,
    { deadlineMs, signal }: CallOptions,
  ): Promise<ResponseOf<M>> {
    const shape = shapeOf(method);
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const deadline = Date.now() + deadlineMs;
      const done = (error: ServiceError | null, response?: ResponseOf<M>) => {
        signal?.removeEventListener('abort', cancel);
        if (!error) return resolve(response!);
        reject(signal?.aborted ? (signal.reason as Error) : fromAgent(host.name, method, error));
      };
      const call = this.client(host).makeUnaryRequest(
        shape.path,
        (value: RequestOf<M>) => shape.requestSerialize(value),
        (bytes: Buffer) => shape.responseDeserialize(bytes),
        request,
        { deadline },
        done,
      );
      const cancel = () => call.cancel();
      signal?.addEventListener('abort', cancel, { once: true });
    });
  }

  /** Calls a method that streams answers. Leaving the loop early cancels the call. Throws as `unary`. */
  async *stream<M extends StreamMethod>(
    host: AgentAddress,
    method: M,
    request: RequestOf<M>,
    { deadlineMs, signal }: CallOptions,
  ): AsyncGenerator<ResponseOf<M>, void, undefined> {
    signal?.throwIfAborted();
    const shape = shapeOf(method);
    const call = this.client(host).makeServerStreamRequest(
      shape.path,
      (value: RequestOf<M>) => shape.requestSerialize(value),
      (bytes: Buffer) => shape.responseDeserialize(bytes),
      request,
      { deadline: Date.now() + deadlineMs },
    );
    const cancel = () => call.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      for await (const message of call) yield message as ResponseOf<M>;
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw fromAgent(host.name, method, error as ServiceError);
    } finally {
      signal?.removeEventListener('abort', cancel);
      call.cancel();
    }
  }

  /** Closes every channel. */
  async onApplicationShutdown(): Promise<void> {
    for (const { client } of this.channels.values()) client.close();
    this.channels.clear();
    return Promise.resolve();
  }

  /** The host's channel; a new one where its address has changed. Throws UnavailableError for a revoked host. */
  private client(host: AgentAddress): Client {
    if (host.revokedAt) throw new UnavailableError(`Host ${host.name} is revoked.`);
    const open = this.channels.get(host.id);
    if (open?.address === host.address) return open.client;
    open?.client.close();
    this.pki ??= readPki(settings('pki').directory);
    const credentials = channelCredentials(this.pki, { role: 'agent', name: host.name });
    const client = new Client(host.address, credentials, channelOptions);
    this.channels.set(host.id, { address: host.address, client });
    return client;
  }
}
