import { Delete, Get, Param, Post } from '@nestjs/common';
import { ApiBadRequestResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { JsonObject } from '#libs/recording-model';
import { kazoo } from '#libs/vendor-adapters';
import type { DoorApplication } from '../shared/door-applications.js';
import { KazooAnswer } from './kazoo-answer.js';
import { KazooAccount, KazooEnvelope } from './kazoo-exchange.js';
import { KazooAccountResource } from './kazoo-resource.js';
import { KazooSealedDocuments, type OpenDocument } from './kazoo-sealed-documents.js';

/** Whose metaflows; each has one document. */
const OWNERS = ['metaflows', 'users/:userId/metaflows', 'devices/:deviceId/metaflows'];
/** Longest id of a user or device, characters. */
const LONGEST_ID = 128;

/** Users and devices that may have metaflows of their own. */
const MOST_OWNERS = 1000;

/** Metaflows that keys of the telephone run (contract §4.5): stored and shown. */
@KazooAccountResource('')
export class KazooMetaflowsController {
  constructor(private readonly documents: KazooSealedDocuments) {}

  @Get(OWNERS)
  @ApiOperation({ summary: 'Show the metaflows of the account, a user or a device' })
  @ApiOkResponse()
  async show(
    @KazooAccount() application: DoorApplication,
    @Param() params: Record<string, string>,
  ): Promise<KazooAnswer> {
    return answer(await this.documents.get(kazoo.METAFLOW_COLLECTION, application, ownerOf(params)));
  }

  @Post(OWNERS)
  @ApiOperation({ summary: 'Store the metaflows of the account, a user or a device' })
  @ApiOkResponse()
  @ApiBadRequestResponse({ description: 'validation error' })
  async store(
    @KazooAccount() application: DoorApplication,
    @Param() params: Record<string, string>,
    @KazooEnvelope() envelope: JsonObject,
  ): Promise<KazooAnswer> {
    const metaflows = kazoo.completeMetaflows(kazoo.envelopeData(envelope));
    const owner = ownerOf(params);
    const summary = { owner };
    const stored = await this.documents.list(kazoo.METAFLOW_COLLECTION, application);
    if (stored.length >= MOST_OWNERS && !stored.some(({ id }) => id === owner)) {
      throw kazoo.invalidData({ message: `an account has metaflows for at most ${MOST_OWNERS} users and devices` });
    }
    return answer(
      await this.documents.put(
        kazoo.METAFLOW_COLLECTION,
        application,
        owner,
        () => metaflows,
        () => summary,
      ),
    );
  }

  @Delete(OWNERS)
  @ApiOperation({ summary: 'Forget the metaflows of the account, a user or a device' })
  @ApiOkResponse()
  async remove(
    @KazooAccount() application: DoorApplication,
    @Param() params: Record<string, string>,
  ): Promise<KazooAnswer> {
    await this.documents.remove(kazoo.METAFLOW_COLLECTION, application, ownerOf(params));
    return new KazooAnswer({});
  }
}

function answer(stored: OpenDocument | null): KazooAnswer {
  return stored === null ? new KazooAnswer({}) : new KazooAnswer(stored.document, { revision: stored.revision });
}

/** @throws CrossbarError `bad_identifier` for an id longer than any of Kazoo's */
function ownerOf({ userId, deviceId }: Record<string, string>): string {
  const id = userId ?? deviceId;
  if (id === undefined) return 'account';
  if (id.length > LONGEST_ID) throw kazoo.badIdentifier(id.slice(0, LONGEST_ID));
  return `${userId === undefined ? 'device' : 'user'}/${id}`;
}
