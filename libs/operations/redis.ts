import { readFileSync } from 'node:fs';
import { Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';

/**
 * Options of a connection for LXSTACK_REDIS_URL: the path of a unix socket (`/run/redis.sock`, `/run/redis.sock?db=3`),
 * a redis:// URL, or rediss:// for TLS. `caFile` (PEM) verifies the server's certificate, else the system's
 * certificates do.
 */
export function redisOptions(url: string, caFile?: string): RedisOptions {
  if (url.startsWith('/')) {
    const { pathname, searchParams } = new URL(url, 'file:');
    return { path: decodeURIComponent(pathname), db: Number(searchParams.get('db') ?? 0) };
  }
  const { hostname, port, username, password, pathname, protocol } = new URL(url);
  return {
    host: hostname,
    port: Number(port || 6379),
    username: username || undefined,
    password: password ? decodeURIComponent(password) : undefined,
    db: Number(pathname.slice(1) || 0),
    tls: protocol === 'rediss:' ? { ca: caFile ? readFileSync(caFile) : undefined } : undefined,
  };
}

const reconnectDelay = (attempt: number) => Math.min(2_000, 50 * 2 ** Math.min(attempt, 6));

/** This process's connections to Redis. They reconnect by themselves; that Redis is away never ends the process. */
@Injectable()
export class RedisConnections implements OnApplicationShutdown {
  private readonly open: Redis[] = [];

  constructor(
    private readonly url: string,
    private readonly caFile?: string,
  ) {}

  /** A connection whose commands fail within seconds where Redis is away, for commands that the sweeper repeats. */
  impatient(onError: (error: Error) => void): Redis {
    return this.connect({ maxRetriesPerRequest: 1, enableOfflineQueue: true, commandTimeout: 3_000 }, onError);
  }

  /**
   * A connection whose commands wait for Redis as long as it takes: for blocking commands and subscriptions (BullMQ's
   * workers).
   */
  patient(onError: (error: Error) => void): Redis {
    return this.connect({ maxRetriesPerRequest: null }, onError);
  }

  /** Closes every connection. */
  async onApplicationShutdown(): Promise<void> {
    for (const redis of this.open.splice(0)) redis.disconnect();
    return Promise.resolve();
  }

  private connect(options: RedisOptions, onError: (error: Error) => void): Redis {
    const redis = new Redis({ ...redisOptions(this.url, this.caFile), ...options, retryStrategy: reconnectDelay });
    redis.on('error', onError);
    this.open.push(redis);
    return redis;
  }
}
