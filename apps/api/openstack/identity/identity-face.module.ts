import { Module } from '@nestjs/common';
import { ErrorForms } from '#apps/api/http/error-forms';
import { IdentityModule } from '#libs/identity/identity.module';
import { AuthController } from './auth/auth.controller.js';
import { CatalogController } from './catalog/catalog.controller.js';
import { ProjectsController } from './projects/projects.controller.js';
import { SystemRolesController } from './roles/system-roles.controller.js';
import { RolesController } from './roles/roles.controller.js';
import { UsersController } from './users/users.controller.js';
import { IdentityVersionsController } from './versions/versions.controller.js';
import { IdentityErrors } from './http/identity.errors.js';

/** Keystone v3 under /identity. */
@Module({
  imports: [IdentityModule],
  controllers: [
    IdentityVersionsController,
    AuthController,
    ProjectsController,
    UsersController,
    RolesController,
    SystemRolesController,
    CatalogController,
  ],
})
export class IdentityFaceModule {
  constructor(forms: ErrorForms) {
    forms.register('/identity', new IdentityErrors());
  }
}
