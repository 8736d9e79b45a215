import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { DataSource } from 'typeorm';

interface Sample {
  name: string;
  labels: Record<string, string | boolean>;
  value: number;
}

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

/** Metrics for Prometheus: the fleet as Postgres knows it, and this process. */
@Injectable()
export class FleetMetrics {
  private readonly registry = new Registry();
  private readonly gauges = new Map<string, Gauge>();

  constructor(private readonly database: DataSource) {
    collectDefaultMetrics({ register: this.registry });
    this.gauge('lxstack_hosts', 'Hosts by role and whether they are up', ['role', 'up']);
    this.gauge('lxstack_instances', 'Instances by state', ['state']);
    this.gauge('lxstack_operations_unfinished', 'Operations that have not ended', ['queue', 'state']);
    new Gauge({
      name: 'process_uptime_seconds',
      help: 'Seconds since this process began',
      registers: [this.registry],
      collect() {
        this.set(process.uptime());
      },
    });
  }

  readonly contentType = this.registry.contentType;

  /** All metrics in Prometheus' text format. */
  async render(): Promise<string> {
    const samples = await this.database.query<Sample[]>(FLEET);
    for (const gauge of this.gauges.values()) gauge.reset(); // drops states that nothing is in any more
    for (const { name, labels, value } of samples) {
      const words = Object.entries(labels).map(([key, label]) => [key, String(label)]);
      this.gauges.get(name)!.set(Object.fromEntries(words) as Record<string, string>, value);
    }
    return this.registry.metrics();
  }

  private gauge(name: string, help: string, labelNames: string[]): void {
    this.gauges.set(name, new Gauge({ name, help, labelNames, registers: [this.registry] }));
  }
}
