import { Controller, Get, Inject, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../http/problem.dto.js';
import { TenantGuard } from '../http/tenant.guard.js';
import { GATEWAY, type GatewayContext } from '../runtime-token.js';

@ApiTags('recordings')
@ApiBearerAuth()
@ApiProblems()
@UseGuards(TenantGuard)
@Controller('v1/manifest-keys')
export class ManifestKeysController {
  constructor(@Inject(GATEWAY) private readonly gateway: GatewayContext) {}

  @Get()
  @ApiOperation({ summary: 'The public keys that manifests are signed with, the current one first, as a JWK Set' })
  @ApiOkResponse({ schema: { type: 'object' } })
  keys(): { readonly keys: readonly object[] } {
    return this.gateway.ports.signer.publicKeys();
  }
}
