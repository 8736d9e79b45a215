import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { CreateInstanceInput } from '#libs/compute/instances/actions/instance-operations';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import type { StepRun, Workflow } from '#libs/operations/workflow';
import { faultOf } from '../fault.js';
import type { CreateContext } from './create-context.js';
import { PlaceStep } from './place.step.js';
import { SpawnStep } from './spawn.step.js';

/** Makes a server: places it (one commit), has its host make and start it (one call), makes it ACTIVE (one commit). */
@Injectable()
export class CreateWorkflow implements Workflow<CreateInstanceInput, CreateContext> {
  readonly kind = 'instance.create';
  readonly queue = 'instance';
  readonly steps: Workflow<CreateInstanceInput, CreateContext>['steps'];

  constructor(
    private readonly transitions: InstanceTransitions,
    place: PlaceStep,
    spawn: SpawnStep,
  ) {
    this.steps = [place, spawn];
  }

  async failed(run: Pick<StepRun<CreateInstanceInput, CreateContext>, 'operation'>, error: Error, tx: EntityManager) {
    await this.transitions.setError(tx, run.operation.resourceId, faultOf(error));
  }
}
