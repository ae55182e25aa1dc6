import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, UseGuards } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import {
  changeSettings,
  createApplication,
  deleteApplication,
  requireApplication,
  viewApplication,
} from '#libs/orchestration';
import { RecgateError, type ApplicationRecord } from '#libs/recording-model';
import { NodeClient } from '../http/node-client.js';
import { ApiProblems } from '../http/problem.dto.js';
import { TenantGuard, TenantId } from '../http/tenant.guard.js';
import { GATEWAY, type GatewayContext } from '../runtime-token.js';
import {
  ApplicationDto,
  ApplicationListDto,
  CreateApplicationDto,
  showApplication,
  UpdateApplicationDto,
} from './applications.dto.js';

@ApiTags('applications')
@ApiBearerAuth()
@ApiProblems()
@UseGuards(TenantGuard)
@Controller('v1/applications')
export class ApplicationsController {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly nodes: NodeClient,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Make an application; its secret settings are sealed and never shown again' })
  @ApiCreatedResponse({ type: ApplicationDto })
  async create(@TenantId() tenantId: string, @Body() body: CreateApplicationDto): Promise<ApplicationDto> {
    const settings = requireStrings(body.settings);
    return this.show(
      await createApplication(this.gateway.ports, { tenantId, name: body.name, vendor: body.vendor, settings }),
    );
  }

  @Get()
  @ApiOperation({ summary: 'List the applications' })
  @ApiOkResponse({ type: ApplicationListDto })
  async list(@TenantId() tenantId: string): Promise<ApplicationListDto> {
    const applications = await this.gateway.ports.ledger.applications.list(tenantId);
    return { items: await Promise.all(applications.map((application) => this.show(application))) };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Show an application' })
  @ApiOkResponse({ type: ApplicationDto })
  async get(@TenantId() tenantId: string, @Param('id') id: string): Promise<ApplicationDto> {
    return this.show(await requireApplication(this.gateway.ports, tenantId, id));
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Change settings; the others stay' })
  @ApiOkResponse({ type: ApplicationDto })
  async update(
    @TenantId() tenantId: string,
    @Param('id') id: string,
    @Body() body: UpdateApplicationDto,
  ): Promise<ApplicationDto> {
    const { ports } = this.gateway;
    const application = await requireApplication(ports, tenantId, id);
    const settings = requireStrings(body.settings);
    return this.show(await changeSettings(ports, application.id, () => settings));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete an application; its recordings stay' })
  @ApiNoContentResponse()
  async remove(@TenantId() tenantId: string, @Param('id') id: string): Promise<void> {
    await requireApplication(this.gateway.ports, tenantId, id);
    await deleteApplication(this.gateway.ports, id);
  }

  private async show(application: ApplicationRecord): Promise<ApplicationDto> {
    const view = viewApplication(this.gateway.ports, application);
    return showApplication(application, view, await this.nodes.websocketUrl());
  }
}

/** How a value is to be written that is none. */
function asWritten(value: unknown): string {
  if (value === null) return '';
  return typeof value === 'object' ? ': write the JSON as text' : `: write ${JSON.stringify(JSON.stringify(value))}`;
}

function requireStrings(settings: Readonly<Record<string, unknown>>): Record<string, string> {
  for (const [key, value] of Object.entries(settings)) {
    if (typeof value !== 'string')
      throw new RecgateError('field.invalid', `Settings are strings${asWritten(value)}`, { field: `settings.${key}` });
  }
  return settings as Record<string, string>;
}
