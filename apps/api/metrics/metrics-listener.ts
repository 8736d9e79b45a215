import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { messageOf } from '#libs/common/errors';
import { createLogger } from '#libs/common/logger';
import { settings } from '#libs/common/settings/settings';
import { listen, parseListen } from '../listen.js';
import { FleetMetrics } from './fleet-metrics.js';
import { bears, metricsToken } from './metrics-token.js';

/**
 * Serves `/metrics` on an address of its own (LXSTACK_METRICS_LISTEN), in plain HTTP; behind the token where one is
 * set.
 */
@Injectable()
export class MetricsListener implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = createLogger('metrics');
  private server: Server | undefined;

  constructor(private readonly metrics: FleetMetrics) {}

  /** The port on which it listens; 0 where it does not. */
  get port(): number {
    const address = this.server?.address();
    return address && typeof address === 'object' ? address.port : 0;
  }

  /** Listens where the setting names an address; throws where the address is taken. */
  async onApplicationBootstrap(): Promise<void> {
    const where = settings('metrics').listen;
    if (!where) return;
    this.server = createServer((request, response) => void this.answer(request, response));
    this.server.requestTimeout = 10_000;
    this.server.maxConnections = 32;
    await listen(this.server, parseListen('LXSTACK_METRICS_LISTEN', where));
    this.log.info({ listen: where }, 'listening for Prometheus');
  }

  /** Ends the listener. */
  async onApplicationShutdown(): Promise<void> {
    this.server?.close();
    this.server?.closeAllConnections();
    return Promise.resolve();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const token = metricsToken();
    if (request.method !== 'GET' || request.url !== '/metrics') return void response.writeHead(404).end();
    if (token !== undefined && !bears(request.headers.authorization, token)) return void response.writeHead(401).end();
    try {
      const text = await this.metrics.render();
      response.writeHead(200, { 'Content-Type': this.metrics.contentType }).end(text);
    } catch (error) {
      this.log.warn({ error: messageOf(error) }, 'no metrics');
      response.writeHead(503).end();
    }
  }
}
