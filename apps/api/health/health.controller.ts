import { Controller, Get } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Open } from '#apps/api/http/access';

/** For load balancers. */
@Open()
@Controller()
export class HealthController {
  constructor(private readonly database: DataSource) {}

  /** 200 where this process reaches its database; with any other answer a load balancer takes the process out. */
  @Get('healthz')
  async health(): Promise<{ status: 'ok' }> {
    await this.database.query('SELECT 1');
    return { status: 'ok' };
  }
}
