import { Controller, HttpCode, Options, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';
import { allowAnyOrigin } from './flexml.guard.js';

/** Answers what browsers ask before they use the Core API (contract §4, CORS). */
@ApiExcludeController()
@Controller('carrierx/core/v2')
export class FlexmlCorsController {
  @Options('*path')
  @HttpCode(204)
  preflight(@Res() response: Response): void {
    allowAnyOrigin(response);
    response.setHeader('Access-Control-Allow-Methods', 'GET, POST, PUT, PATCH, DELETE, OPTIONS');
    response.setHeader('Access-Control-Allow-Headers', 'Authorization, Content-Type');
    response.setHeader('Access-Control-Max-Age', '600');
    response.end();
  }
}
