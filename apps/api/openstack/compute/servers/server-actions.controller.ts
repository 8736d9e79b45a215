import { Body, Param, Post, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Instances } from '#libs/compute/instances/instances';
import { TakesOneOf } from '#apps/api/http/body/body-schema';
import { InputError } from '#apps/api/http/input/input-error';
import { ComputeController } from '../http/compute-controller.js';
import { Compute } from '../http/compute-request.js';
import type { ComputeRequest } from '../http/compute-request.js';
import { actionBodies, ServerActions } from './server-actions.js';

/** Nova API: POST /servers/{id}/action. The body's one key names the action. */
@ComputeController('servers/:id/action')
export class ServerActionsController {
  constructor(
    private readonly instances: Instances,
    private readonly actions: ServerActions,
  ) {}

  @Post()
  @TakesOneOf(actionBodies)
  async act(
    @Compute() request: ComputeRequest,
    @Param('id') id: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) response: Response,
  ) {
    const keys = typeof body === 'object' && body !== null ? Object.keys(body) : [];
    if (keys.length !== 1) throw new InputError('body', body, 'one action is expected');
    const [name = ''] = keys;
    const action = this.actions.named(name);
    await this.instances.get(request.caller, id, this.actions.ruleOf(name));
    const answer = await action(request, id, (body as Record<string, unknown>)[name]);
    response.status(answer.status);
    if (answer.location) response.location(answer.location);
    return answer.body;
  }
}
