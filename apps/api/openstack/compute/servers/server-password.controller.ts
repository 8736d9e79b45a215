import { Delete, Get, HttpCode, Param } from '@nestjs/common';
import { ServerPasswords } from '#libs/compute/instances/server-password';
import { ComputeController } from '../http/compute-controller.js';
import { Compute } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';

/** Nova API: /servers/{id}/os-server-password */
@ComputeController('servers/:id/os-server-password')
export class ServerPasswordController {
  constructor(private readonly passwords: ServerPasswords) {}

  @Get()
  async show(@Compute() { caller }: ComputeRequest, @Param('id') id: string) {
    return { password: await this.passwords.show(caller, id) };
  }

  @Delete()
  @HttpCode(204)
  async clear(@Compute() { caller }: ComputeRequest, @Param('id') id: string): Promise<void> {
    await this.passwords.clear(caller, id);
  }
}
