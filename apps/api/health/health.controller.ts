import { Controller, Get } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Open } from '#apps/api/http/access';

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
}
