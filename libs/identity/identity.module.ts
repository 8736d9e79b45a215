import { Module } from '@nestjs/common';
import { IdentityBootstrap } from './bootstrap.js';
import { Projects } from './projects/projects.service.js';
import { Roles } from './roles/roles.service.js';
import { Tokens } from './tokens/tokens.service.js';
import { Users } from './users/users.service.js';

const services = [Tokens, Projects, Users, Roles, IdentityBootstrap];

/** Wants DatabaseModule beside it. */
@Module({ providers: services, exports: services })
export class IdentityModule {}
