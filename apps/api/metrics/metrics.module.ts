import { Module } from '@nestjs/common';
import { FleetMetrics } from './fleet-metrics.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsListener } from './metrics-listener.js';

/** `/metrics`. The importing app also imports DatabaseModule and FleetModule. */
@Module({ controllers: [MetricsController], providers: [FleetMetrics, MetricsListener] })
export class MetricsModule {}
