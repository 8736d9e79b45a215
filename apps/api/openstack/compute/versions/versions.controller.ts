import { Controller, Get } from '@nestjs/common';
import { Open } from '#apps/api/http/access';
import { publicBase } from '../http/compute-request.js';
import { renderVersion, renderVersionDetail } from './version.renderer.js';

/** Nova API: version discovery. */
@Open()
@Controller('compute')
export class VersionsController {
  @Get()
  list() {
    return { versions: [renderVersion(publicBase())] };
  }

  @Get('v2.1')
  show() {
    return { version: renderVersionDetail(publicBase()) };
  }
}
