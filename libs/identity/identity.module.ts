import { Module } from '@nestjs/common';
import { IdentityBootstrap } from './bootstrap.js';
import { Lockout } from './login/lockout.js';
import { LoginThrottle } from './login/login-throttle.js';
import { PasswordLogin } from './login/password-login.js';
import { Projects } from './projects/projects.service.js';
import { Roles } from './roles/roles.service.js';
import { Tokens } from './tokens/tokens.service.js';
import { Users } from './users/users.service.js';

const services = [LoginThrottle, Lockout, PasswordLogin, Tokens, Projects, Users, Roles, IdentityBootstrap];

/** The importing app also imports DatabaseModule and OperationsModule. */
@Module({ providers: services, exports: services })
export class IdentityModule {}
