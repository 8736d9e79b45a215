import { readFileSync } from 'node:fs';
import { Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';

/**
 * Reads LXSTACK_REDIS_URL: a unix socket's path (`/run/redis.sock`, `/run/redis.sock?db=3`), a redis:// URL, or a
 * rediss:// one for TLS: the server's certificate is verified against `caFile` (PEM), else the system's.
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

/** Redis as this process sees it: connections that come back by themselves, never a reason to stop. */
@Injectable()
export class RedisConnections implements OnApplicationShutdown {
  private readonly open: Redis[] = [];

  constructor(
    private readonly url: string,
    private readonly caFile?: string,
  ) {}

  /** For commands that should fail soon where Redis is away (the sweeper does it again later). */
  impatient(onError: (error: Error) => void): Redis {
    return this.connect({ maxRetriesPerRequest: 1, enableOfflineQueue: true, commandTimeout: 3_000 }, onError);
  }

  /** For blocking commands and subscriptions: waits for Redis as long as it takes, as BullMQ's workers want it. */
  patient(onError: (error: Error) => void): Redis {
    return this.connect({ maxRetriesPerRequest: null }, onError);
  }

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
