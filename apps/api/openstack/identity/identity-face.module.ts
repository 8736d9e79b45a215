import { Module } from '@nestjs/common';
import { ErrorForms } from '#apps/api/http/error-forms';
import { IdentityModule } from '#libs/identity/identity.module';
import { AuthController } from './auth.controller.js';
import { CatalogController } from './catalog.controller.js';
import { ProjectsController } from './projects.controller.js';
import { RolesController } from './roles.controller.js';
import { UsersController } from './users.controller.js';
import { IdentityVersionsController } from './versions.controller.js';
import { IdentityErrors } from './identity.errors.js';

/** Keystone v3 under /identity. */
@Module({
  imports: [IdentityModule],
  controllers: [
    IdentityVersionsController,
    AuthController,
    ProjectsController,
    UsersController,
    RolesController,
    CatalogController,
  ],
})
export class IdentityFaceModule {
  constructor(forms: ErrorForms) {
    forms.register('/identity', new IdentityErrors());
  }
}
