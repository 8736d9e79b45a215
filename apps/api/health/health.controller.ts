import { Controller, Get, Header } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Open } from '#apps/api/http/access';
import { renderMetrics } from './metrics.js';
import type { Sample } from './metrics.js';

const FLEET = `
  SELECT 'lxstack_hosts' AS name, json_build_object('role', role, 'up',
    (NOT forced_down AND lease_expires_at > now()) IS TRUE) AS labels, count(*)::int AS value
  FROM hosts GROUP BY role, (NOT forced_down AND lease_expires_at > now()) IS TRUE
  UNION ALL
  SELECT 'lxstack_instances', json_build_object('state', vm_state), count(*)::int
  FROM instances WHERE deleted_at IS NULL GROUP BY vm_state
  UNION ALL
  SELECT 'lxstack_operations_unfinished', json_build_object('queue', queue, 'state', state), count(*)::int
  FROM operations WHERE state IN ('pending', 'running', 'undoing') GROUP BY queue, state`;

/** What watches this process. */
@Open()
@Controller()
export class HealthController {
  constructor(private readonly database: DataSource) {}

  /** 200 where this process reaches its database; anything else takes it out of the load balancer. */
  @Get('healthz')
  async health(): Promise<{ status: 'ok' }> {
    await this.database.query('SELECT 1');
    return { status: 'ok' };
  }

  /** Prometheus' text format. */
  @Get('metrics')
  @Header('Content-Type', 'text/plain; version=0.0.4')
  async metrics(): Promise<string> {
    return renderMetrics(await this.database.query<Sample[]>(FLEET));
  }
}
