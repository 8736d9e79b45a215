import { Controller, Get, Headers, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';
import { Open } from '#apps/api/http/access';
import { NotFoundError, UnauthenticatedError } from '#libs/common/errors';
import { FleetMetrics } from './fleet-metrics.js';
import { bears, metricsToken } from './metrics-token.js';

/** `/metrics` beside the faces. It exists only where a token for it is set (LXSTACK_METRICS_TOKEN_FILE). */
@Open()
@ApiExcludeController()
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: FleetMetrics) {}

  @Get()
  async show(
    @Headers('authorization') authorization: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ): Promise<string> {
    const token = metricsToken();
    if (token === undefined) throw new NotFoundError('path', '/metrics');
    if (!bears(authorization, token)) {
      response.setHeader('WWW-Authenticate', 'Bearer realm="metrics"');
      throw new UnauthenticatedError('The token of LXSTACK_METRICS_TOKEN_FILE is wanted.');
    }
    response.setHeader('Content-Type', this.metrics.contentType);
    return this.metrics.render();
  }
}
