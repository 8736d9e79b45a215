import { ruleOfRoute } from '#libs/policy/policy';
import type { RuleName } from '#libs/policy/rule-tables';
import { Injectable } from '@nestjs/common';
import { Instances } from '#libs/compute/instances/instances';
import { ConsoleLogs } from '#libs/compute/instances/read/console-logs';
import { InstanceActions } from '#libs/compute/instances/actions/instance-actions';
import { InstanceSecurityGroups } from '#libs/compute/instances/instance-security-groups';
import { Migrations } from '#libs/mobility/migrations/migrations.service';
import { parseBody } from '#apps/api/http/body/parse-body';
import { InputError } from '#apps/api/http/input/input-error';
import { BadRequestError } from '../http/bad-request.error.js';
import type { ComputeRequest } from '../http/compute-request.js';
import { metadataOf } from './create-server.dto.js';
import {
  EvacuateDto,
  GetConsoleOutputDto,
  MigrateDto,
  MigrateLiveDto,
  RebootDto,
  RebuildDto,
  ResetStateDto,
  ResizeDto,
  SecurityGroupNameDto,
} from './server-actions.dto.js';
import { refuseUndelivered } from './new-instance.parser.js';
import { renderServer } from './server.renderer.js';

export interface ActionAnswer {
  status: 200 | 202 | 204;
  body?: object;
  location?: string;
}

/** An action; `argument` is the value of its key in the body. */
type ServerAction = (request: ComputeRequest, id: string, argument: unknown) => Promise<ActionAnswer>;

/** The body of each action, for /docs; null where its value does not matter. */
export const actionBodies = {
  'os-start': null,
  'os-stop': null,
  pause: null,
  unpause: null,
  reboot: RebootDto,
  rebuild: RebuildDto,
  resize: ResizeDto,
  confirmResize: null,
  revertResize: null,
  migrate: MigrateDto,
  'os-migrateLive': MigrateLiveDto,
  evacuate: EvacuateDto,
  'os-getConsoleOutput': GetConsoleOutputDto,
  'os-resetState': ResetStateDto,
  addSecurityGroup: SecurityGroupNameDto,
  removeSecurityGroup: SecurityGroupNameDto,
  forceDelete: null,
};

const accepted: ActionAnswer = { status: 202 };

/** Nova API: the actions of POST /servers/{id}/action, by their key in the body. */
@Injectable()
export class ServerActions {
  constructor(
    private readonly instances: Instances,
    private readonly actions: InstanceActions,
    private readonly migrations: Migrations,
    private readonly consoleLogs: ConsoleLogs,
    private readonly groups: InstanceSecurityGroups,
  ) {}

  private readonly table: Readonly<Record<keyof typeof actionBodies, ServerAction>> = {
    'os-start': (request, id) => this.power(request, id, 'start'),
    'os-stop': (request, id) => this.power(request, id, 'stop'),
    pause: (request, id) => this.power(request, id, 'pause'),
    unpause: (request, id) => this.power(request, id, 'unpause'),
    reboot: (request, id, argument) => this.reboot(request, id, argument),
    rebuild: (request, id, argument) => this.rebuild(request, id, argument),
    resize: (request, id, argument) => this.resize(request, id, argument),
    confirmResize: async ({ caller }, id) => {
      await this.migrations.confirmResize(caller, id);
      return { status: 204 };
    },
    revertResize: async ({ caller }, id) => {
      await this.migrations.revertResize(caller, id);
      return accepted;
    },
    migrate: (request, id, argument) => this.migrate(request, id, argument),
    'os-migrateLive': (request, id, argument) => this.migrateLive(request, id, argument),
    evacuate: (request, id, argument) => this.evacuate(request, id, argument),
    'os-getConsoleOutput': (request, id, argument) => this.consoleOutput(request, id, argument),
    'os-resetState': (request, id, argument) => this.resetState(request, id, argument),
    addSecurityGroup: (request, id, argument) => this.securityGroup(request, id, argument, 'add'),
    removeSecurityGroup: (request, id, argument) => this.securityGroup(request, id, argument, 'remove'),
    forceDelete: async ({ caller }, id) => {
      await this.actions.delete(caller, id, true);
      return accepted;
    },
  };

  /** The action of this name. Throws BadRequestError, as Nova does, where there is none. */
  named(name: string): ServerAction {
    const action = Object.hasOwn(this.table, name) ? this.table[name as keyof typeof actionBodies] : undefined;
    if (!action) throw new BadRequestError(`There is no such action: ${name}`);
    return action;
  }

  /** The policy's rule for the action. */
  ruleOf(name: string): RuleName {
    return ruleOfRoute('POST /compute/v2.1/servers/{id}/action', name)!;
  }

  private async power({ caller }: ComputeRequest, id: string, action: 'start' | 'stop' | 'pause' | 'unpause') {
    await this.actions.power(caller, id, action);
    return accepted;
  }

  private async reboot({ caller, version }: ComputeRequest, id: string, argument: unknown) {
    const { type } = parseBody(RebootDto, argument, { version, path: 'reboot' });
    await this.actions.reboot(caller, id, type.toLowerCase() as 'soft' | 'hard');
    return accepted;
  }

  private async rebuild(request: ComputeRequest, id: string, argument: unknown): Promise<ActionAnswer> {
    const dto = parseBody(RebuildDto, argument, { version: request.version, path: 'rebuild' });
    refuseUndelivered(dto);
    await this.actions.rebuild(request.caller, id, {
      imageId: dto.imageRef,
      name: dto.name?.trim(),
      description: dto.description,
      metadata: dto.metadata && metadataOf(dto.metadata),
      keyName: dto.key_name,
      userData: dto.user_data,
      hostname: dto.hostname,
    });
    const view = await this.instances.getView(request.caller, id);
    return { status: 202, location: `${request.base}/servers/${id}`, body: { server: renderServer(view, request) } };
  }

  private async resize({ caller, version }: ComputeRequest, id: string, argument: unknown) {
    const { flavorRef } = parseBody(ResizeDto, argument, { version, path: 'resize' });
    await this.migrations.resize(caller, id, flavorRef);
    return accepted;
  }

  private async migrate(request: ComputeRequest, id: string, argument: unknown) {
    const { host } = parseBody(MigrateDto, argument ?? {}, { version: request.version, path: 'migrate' });
    await this.migrations.migrate(request.caller, id, { host });
    return accepted;
  }

  private async migrateLive(request: ComputeRequest, id: string, argument: unknown) {
    const { version } = request;
    const dto = parseBody(MigrateLiveDto, argument, { version, path: 'os-migrateLive' });
    if (dto.block_migration === 'auto' && version < 25)
      throw new InputError('block_migration', 'auto', 'a boolean is expected before 2.25');
    if (dto.force && !dto.host) throw new BadRequestError("Can't force to a non-provided destination");
    // Nova: up to 2.29 a named host skips the scheduler; from 2.30 on the scheduler checks it unless `force` is set.
    const force = dto.force ?? (version < 30 && Boolean(dto.host));
    await this.migrations.liveMigrate(request.caller, id, {
      host: dto.host,
      sendDisk: dto.block_migration === 'auto' ? undefined : dto.block_migration,
      diskOverCommit: dto.disk_over_commit,
      force,
    });
    return accepted;
  }

  private async evacuate(request: ComputeRequest, id: string, argument: unknown): Promise<ActionAnswer> {
    const { version } = request;
    const { host, force, adminPass, onSharedStorage } = parseBody(EvacuateDto, argument, { version, path: 'evacuate' });
    if (force && !host) throw new BadRequestError("Can't force to a non-provided destination");
    if (onSharedStorage && adminPass !== undefined)
      throw new BadRequestError("admin password can't be changed on existing disk");
    refuseUndelivered({ adminPass });
    await this.migrations.evacuate(request.caller, id, {
      host,
      // Nova: up to 2.28 a named host skips the scheduler.
      force: force ?? (version < 29 && Boolean(host)),
      onSharedStorage,
    });
    return { status: 200, body: version < 14 ? {} : undefined };
  }

  private async consoleOutput(
    { caller, version }: ComputeRequest,
    id: string,
    argument: unknown,
  ): Promise<ActionAnswer> {
    const { length } = parseBody(GetConsoleOutputDto, argument ?? {}, { version, path: 'os-getConsoleOutput' });
    const lines = length === undefined || length === null || length < 0 ? 0 : length;
    return { status: 200, body: { output: await this.consoleLogs.read(caller, id, lines) } };
  }

  private async securityGroup(
    { caller, version }: ComputeRequest,
    id: string,
    argument: unknown,
    change: 'add' | 'remove',
  ): Promise<ActionAnswer> {
    const { name } = parseBody(SecurityGroupNameDto, argument, { version, path: `${change}SecurityGroup` });
    await this.groups[change](caller, id, name);
    return accepted;
  }

  private async resetState(request: ComputeRequest, id: string, argument: unknown) {
    const { state } = parseBody(ResetStateDto, argument, { version: request.version, path: 'os-resetState' });
    await this.actions.resetState(request.caller, id, state);
    return accepted;
  }
}
