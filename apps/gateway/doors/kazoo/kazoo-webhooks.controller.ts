import { Delete, Get, Inject, Param, Patch, Post, Put, Req } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Request } from 'express';
import { changeSettings, viewApplication } from '#libs/orchestration';
import type { ApplicationView, JsonObject } from '#libs/recording-model';
import { kazoo } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import type { DoorApplication } from '../shared/door-applications.js';
import { parametersOf } from '../shared/door-request.js';
import { KazooAnswer } from './kazoo-answer.js';
import { KazooAccount, KazooEnvelope } from './kazoo-exchange.js';
import { KazooAccountResource } from './kazoo-resource.js';

/** An id is 32 hex digits. */
const ID_DIGITS = 32;

/** The webhooks of an account: another face of its setting `webhooks` (contract §3.1). */
@KazooAccountResource('webhooks')
export class KazooWebhooksController {
  constructor(@Inject(GATEWAY) private readonly gateway: GatewayContext) {}

  @Get()
  @ApiOperation({ summary: 'List the webhooks' })
  @ApiOkResponse()
  list(@KazooAccount() { view }: DoorApplication, @Req() request: Request): KazooAnswer {
    const query = kazoo.readListQuery(parametersOf(request), this.gateway.ports.clock.now());
    const hooks = kazoo.listWebhooks(view).filter(query.passes);
    return new KazooAnswer(hooks, { extra: { page_size: hooks.length } });
  }

  @Put()
  @ApiOperation({ summary: 'Make a webhook; those for `object` tell of recordings' })
  @ApiCreatedResponse()
  async create(
    @KazooAccount() application: DoorApplication,
    @KazooEnvelope() envelope: JsonObject,
  ): Promise<KazooAnswer> {
    const id = this.gateway.ports.ids.hex(ID_DIGITS);
    const data = kazoo.envelopeData(envelope);
    const view = await this.change(application, (current) => kazoo.withNewWebhook(current, id, data));
    return new KazooAnswer(kazoo.requireWebhook(view, id), { status: 201 });
  }

  @Patch()
  @ApiOperation({ summary: 'Switch on again all webhooks that were switched off by their failures' })
  @ApiOkResponse()
  async enableAll(
    @KazooAccount() application: DoorApplication,
    @KazooEnvelope() envelope: JsonObject,
  ): Promise<KazooAnswer> {
    kazoo.requireReEnable({ ...envelope, ...kazoo.envelopeData(envelope) });
    for (const { id } of kazoo.listWebhooks(application.view)) await this.forgive(application, id);
    await this.change(application, kazoo.withAllEnabled);
    return new KazooAnswer('hooks updated');
  }

  @Get('attempts')
  @ApiOperation({ summary: 'The failed attempts of all webhooks, newest first' })
  @ApiOkResponse()
  async attempts(@KazooAccount() application: DoorApplication, @Req() request: Request): Promise<KazooAnswer> {
    const { record } = application;
    const documents = await this.gateway.ports.ledger.documents.list(kazoo.WEBHOOK_ATTEMPTS, record.id);
    return this.pageOf(
      documents.flatMap(({ body }) => kazoo.attemptsIn(body)),
      request,
    );
  }

  @Get(':id')
  @ApiOperation({ summary: 'Show a webhook; `disable_reason` says why it was switched off' })
  @ApiOkResponse()
  show(@KazooAccount() { view }: DoorApplication, @Param('id') id: string): KazooAnswer {
    return new KazooAnswer(kazoo.requireWebhook(view, id));
  }

  @Post(':id')
  @ApiOperation({ summary: 'Replace a webhook' })
  @ApiOkResponse()
  replace(
    @KazooAccount() application: DoorApplication,
    @Param('id') id: string,
    @KazooEnvelope() envelope: JsonObject,
  ): Promise<KazooAnswer> {
    return this.write(application, id, kazoo.envelopeData(envelope), 'replace');
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Change a webhook' })
  @ApiOkResponse()
  merge(
    @KazooAccount() application: DoorApplication,
    @Param('id') id: string,
    @KazooEnvelope() envelope: JsonObject,
  ): Promise<KazooAnswer> {
    return this.write(application, id, kazoo.envelopeData(envelope), 'merge');
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Remove a webhook' })
  @ApiOkResponse()
  async remove(@KazooAccount() application: DoorApplication, @Param('id') id: string): Promise<KazooAnswer> {
    const hook = kazoo.requireWebhook(application.view, id);
    await this.change(application, (current) => kazoo.withoutWebhook(current, id));
    const { documents } = this.gateway.ports.ledger;
    await documents.update(kazoo.WEBHOOK_ATTEMPTS, application.record.id, id, (current) =>
      current === null ? null : 'remove',
    );
    return new KazooAnswer({ ...hook, _read_only: { deleted: true } });
  }

  @Get(':id/attempts')
  @ApiOperation({ summary: 'The failed attempts of a webhook, newest first' })
  @ApiOkResponse()
  async attemptsOf(
    @KazooAccount() { record, view }: DoorApplication,
    @Param('id') id: string,
    @Req() request: Request,
  ): Promise<KazooAnswer> {
    kazoo.requireWebhook(view, id);
    const document = await this.gateway.ports.ledger.documents.get(kazoo.WEBHOOK_ATTEMPTS, record.id, id);
    return this.pageOf(kazoo.attemptsIn(document?.body ?? null), request);
  }

  private async write(
    application: DoorApplication,
    id: string,
    data: JsonObject,
    how: 'replace' | 'merge',
  ): Promise<KazooAnswer> {
    const view = await this.change(application, (current) => kazoo.withChangedWebhook(current, id, data, how));
    const hook = kazoo.requireWebhook(view, id);
    if (hook['enabled'] !== false) await this.forgive(application, id);
    return new KazooAnswer(hook);
  }

  private async change(
    { record }: DoorApplication,
    decide: (application: ApplicationView) => readonly JsonObject[],
  ): Promise<ApplicationView> {
    const { ports } = this.gateway;
    const changed = await changeSettings(ports, record.id, (view) => kazoo.webhookSettings(decide(view)));
    return viewApplication(ports, changed);
  }

  private async forgive({ record }: DoorApplication, id: string): Promise<void> {
    await this.gateway.ports.ledger.documents.update(kazoo.WEBHOOK_ATTEMPTS, record.id, id, (current) =>
      current === null ? null : { body: kazoo.forgivenFailures(current.body), sealed: null },
    );
  }

  private pageOf(attempts: readonly JsonObject[], request: Request): KazooAnswer {
    const query = kazoo.readListQuery(parametersOf(request), this.gateway.ports.clock.now());
    const found = attempts
      .filter((attempt) => kazoo.isWithin(kazoo.attemptKey(attempt), query) && query.passes(attempt))
      .sort((a, b) => kazoo.compareKeys(kazoo.attemptKey(a), kazoo.attemptKey(b), query.ascending));
    const { items, extra } = kazoo.pageOf(found, query, kazoo.attemptKey);
    return new KazooAnswer(items, { extra });
  }
}
