import { Get, Inject, Param, Patch, Post } from '@nestjs/common';
import { ApiBadRequestResponse, ApiNotFoundResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { changeSettings, viewApplication } from '#libs/orchestration';
import type { ApplicationView, JsonObject } from '#libs/recording-model';
import { kazoo } from '#libs/vendor-adapters';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import type { DoorApplication } from '../shared/door-applications.js';
import { KazooAnswer } from './kazoo-answer.js';
import { KazooAccount, KazooEnvelope } from './kazoo-exchange.js';
import { KazooAccountResource } from './kazoo-resource.js';

/** Whose document it is. */
const OWNERS = ['', 'users/:userId', 'devices/:deviceId'];
/** Longest id of a user or device, characters. */
const LONGEST_ID = 128;

/** The documents of account, users and devices: another face of the settings of their `call_recording` (contract §1.3). */
@KazooAccountResource('')
export class KazooCallRecordingController {
  constructor(@Inject(GATEWAY) private readonly gateway: GatewayContext) {}

  @Get(OWNERS)
  @ApiOperation({ summary: 'Show the account, or the call_recording of a user or device' })
  @ApiOkResponse()
  @ApiNotFoundResponse({ description: 'bad_identifier: the user or device has none' })
  show(@KazooAccount() { view }: DoorApplication, @Param() params: Record<string, string>): KazooAnswer {
    return answer(view, ownerOf(params));
  }

  @Post(OWNERS)
  @ApiOperation({ summary: 'Replace the call_recording of the account, a user or a device' })
  @ApiOkResponse()
  @ApiBadRequestResponse({ description: 'validation error' })
  replace(
    @KazooAccount() application: DoorApplication,
    @Param() params: Record<string, string>,
    @KazooEnvelope() envelope: JsonObject,
  ): Promise<KazooAnswer> {
    return this.change(application, ownerOf(params), envelope, 'replace');
  }

  @Patch(OWNERS)
  @ApiOperation({ summary: 'Change the call_recording of the account, a user or a device in part' })
  @ApiOkResponse()
  @ApiBadRequestResponse({ description: 'validation error' })
  merge(
    @KazooAccount() application: DoorApplication,
    @Param() params: Record<string, string>,
    @KazooEnvelope() envelope: JsonObject,
  ): Promise<KazooAnswer> {
    return this.change(application, ownerOf(params), envelope, 'merge');
  }

  private async change(
    { record }: DoorApplication,
    owner: kazoo.DocumentOwner,
    envelope: JsonObject,
    how: 'replace' | 'merge',
  ): Promise<KazooAnswer> {
    const { ports } = this.gateway;
    const data = kazoo.envelopeData(envelope);
    const changed = await changeSettings(ports, record.id, (view) => kazoo.ownerSettings(view, owner, data, how));
    return new KazooAnswer(kazoo.ownerDocument(viewApplication(ports, changed), owner) ?? {});
  }
}

/** @throws CrossbarError `bad_identifier` for a user or device that has nothing of its own */
function answer(view: ApplicationView, owner: kazoo.DocumentOwner): KazooAnswer {
  const document = kazoo.ownerDocument(view, owner);
  if (document === null) throw kazoo.badIdentifier(owner.kind === 'account' ? '' : owner.id);
  return new KazooAnswer(document);
}

/** @throws CrossbarError `bad_identifier` for an id longer than any of Kazoo's */
function ownerOf({ userId, deviceId }: Record<string, string>): kazoo.DocumentOwner {
  const id = userId ?? deviceId;
  if (id === undefined) return { kind: 'account' };
  if (id.length > LONGEST_ID) throw kazoo.badIdentifier(id.slice(0, LONGEST_ID));
  return { kind: userId === undefined ? 'device' : 'user', id };
}
