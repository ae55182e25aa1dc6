import { Inject, Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { acceptRecording, requireApplication, viewApplication } from '#libs/orchestration';
import {
  RecgateError,
  splitUserinfo,
  type AccountingEntry,
  type ApplicationRecord,
  type CallIdentity,
  type CallRecord,
  type RecordAction,
  type RecordingRecord,
  type RecordingSource,
  type RecordingSpec,
  type SecretBag,
} from '#libs/recording-model';
import { NodeClient } from '../../http/node-client.js';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import { CallInstructions } from '../call-instructions.js';
import { toIdentity } from '../calls.dto.js';
import { secretsOf, toRecordingSpec } from './canonical-spec.js';
import { accountForSpec } from './spec-accounting.js';
import type { SourceDto, StartRecordingDto } from './start-recording.dto.js';

/** A checked start and who asks for it. */
export interface StartRequest {
  readonly tenantId: string;
  readonly body: StartRecordingDto;
  /** The spec as it was written, for the accounting. */
  readonly writtenSpec: unknown;
  readonly idempotencyKey: string | null;
}

export interface Started {
  /** Empty when the document's call flow has not come to its recording yet. */
  readonly recordings: readonly RecordingRecord[];
  /** False when the same start was asked for before. */
  readonly created: boolean;
  readonly accounting: readonly AccountingEntry[];
  readonly warnings: readonly string[];
}

/** What a document or spec asks for. */
interface Wanted {
  readonly actions: readonly Pick<RecordAction, 'spec' | 'secrets'>[];
  readonly accounting: readonly AccountingEntry[];
  readonly warnings: readonly string[];
}

/** Bag entry of the credentials that stood in a source URL. */
const SOURCE_USERINFO = 'source.userinfo';

/** Starts recordings: on calls through their media node, of finished files through the ledger. */
@Injectable()
export class RecordingStarts {
  constructor(
    @Inject(GATEWAY) private readonly gateway: GatewayContext,
    private readonly calls: CallInstructions,
    private readonly nodes: NodeClient,
  ) {}

  /** @throws RecgateError `field.*`, `document.*`, `request.*` for what cannot be started, or what the media node threw */
  start(request: StartRequest): Promise<Started> {
    const { callRef, source, document, spec, secrets } = request.body;
    requireOne('callRef', callRef, 'source', source);
    requireOne('document', document, 'spec', spec);
    if (document !== undefined && Object.keys(secrets).length > 0) {
      throw new RecgateError('field.invalid', 'A document brings its own credentials; secrets go with a spec', {
        field: 'secrets',
      });
    }
    return source === undefined ? this.startOnCall(request, callRef ?? '') : this.startFile(request, source);
  }

  private async startOnCall(request: StartRequest, callRef: string): Promise<Started> {
    const { tenantId, body } = request;
    const call = await this.calls.requireLiveCall(tenantId, callRef);
    if (body.applicationId !== undefined && body.applicationId !== call.applicationId) {
      throw new RecgateError('field.invalid', 'The call belongs to another application', { field: 'applicationId' });
    }
    if (body.call !== undefined)
      throw new RecgateError('field.invalid', 'The call is known by its callRef', { field: 'call' });
    return body.document === undefined ? this.command(request, call) : this.instruct(request, call, body.document);
  }

  private async instruct({ body, idempotencyKey }: StartRequest, call: CallRecord, document: string): Promise<Started> {
    const reply = await this.calls.instruct(call, { document, role: body.role, url: body.url ?? null, idempotencyKey });
    const recordings = await Promise.all(reply.recordings.map((id) => this.requireRecording(call.tenantId, id)));
    return { recordings, created: !reply.repeated, accounting: reply.accounting, warnings: reply.warnings };
  }

  private async command(
    { body, writtenSpec, idempotencyKey, tenantId }: StartRequest,
    call: CallRecord,
  ): Promise<Started> {
    const { vault } = this.gateway.ports;
    const spec = toRecordingSpec(body.spec ?? missing('spec'), call.vendor);
    const secrets = secretsOf(spec, body.secrets);
    const accounting = accountForSpec(writtenSpec, spec);
    const reply = await this.nodes.send(call.nodeId, 'startRecording', {
      callRef: call.callRef,
      spec,
      accounting,
      sealedSecrets:
        Object.keys(secrets).length === 0 ? null : vault.seal(secrets, { tenantId, ownerId: call.callRef }),
      idempotencyKey: idempotencyKey === null ? null : startKey(idempotencyKey, 0),
    });
    const record = await this.requireRecording(tenantId, reply.recordingId);
    refuseOtherStart(record, record.callRef === call.callRef && sameSpec(record, spec));
    return {
      recordings: [record],
      created: reply.created,
      accounting,
      warnings: [],
    };
  }

  private async startFile(request: StartRequest, sourceDto: SourceDto): Promise<Started> {
    const { tenantId, body, idempotencyKey } = request;
    const { ports } = this.gateway;
    if (body.applicationId === undefined) return missing('applicationId');
    if (body.call === undefined) return missing('call');
    const application = await requireApplication(ports, tenantId, body.applicationId);
    const call = toIdentity(body.call, ports.ids);
    const { source, secrets } = takeSource(sourceDto);
    const wanted = this.wanted(request, application, call);
    const shared = {
      application: viewApplication(ports, application),
      callRef: `file_${idempotencyKey === null ? ports.ids.hex(20) : digest(`${tenantId}\n${idempotencyKey}`)}`,
      call,
      callState: 'answered',
      callDurationMs: 0,
      nodeId: null,
      documentUrl: body.url === undefined ? null : splitUserinfo(body.url).url,
      accounting: wanted.accounting,
      source,
    } as const;
    const accepted = [];
    for (const [index, { spec, secrets: own }] of wanted.actions.entries()) {
      const key = idempotencyKey === null ? null : startKey(idempotencyKey, index);
      const action = { spec, secrets: { ...own, ...secrets } };
      const each = await acceptRecording(ports, { ...shared, action, idempotencyKey: key });
      refuseOtherStart(
        each.record,
        each.record.applicationId === application.id &&
          sameSource(each.record.source, source) &&
          (body.spec === undefined || sameSpec(each.record, spec)),
      );
      accepted.push(each);
    }
    for (const { record } of accepted) {
      if (source.kind === 'url' && record.state === 'accepted') await ports.work.enqueueStage('capture', record.id, 0);
    }
    const created = accepted.some((each) => each.created);
    return {
      recordings: accepted.map(({ record }) => record),
      created,
      accounting: wanted.accounting,
      warnings: wanted.warnings,
    };
  }

  private wanted({ body, writtenSpec }: StartRequest, application: ApplicationRecord, call: CallIdentity): Wanted {
    if (body.document === undefined) {
      const spec = toRecordingSpec(body.spec ?? missing('spec'), application.vendor);
      return {
        actions: [{ spec, secrets: secretsOf(spec, body.secrets) }],
        accounting: accountForSpec(writtenSpec, spec),
        warnings: [],
      };
    }
    const url = body.url === undefined ? null : splitUserinfo(body.url).url;
    const { steps, accounting, warnings } = this.calls.read(application, call, {
      document: body.document,
      role: body.role,
      url,
    });
    const actions = steps.filter((step) => step.kind === 'record');
    if (actions.length === 0)
      throw new RecgateError('request.invalid', 'The document asks for no recording', { field: 'document' });
    const others = [...new Set(steps.filter((step) => step.kind !== 'record').map((step) => step.kind))];
    const flowless =
      others.length === 0 ? [] : [`A finished file has no call flow; not carried out: ${others.join(', ')}`];
    return { actions, accounting, warnings: [...warnings.map(({ message }) => message), ...flowless] };
  }

  private async requireRecording(tenantId: string, id: string): Promise<RecordingRecord> {
    return requireRecording(this.gateway, tenantId, id);
  }
}

/** @throws RecgateError `request.not_found`, also for another tenant's recording */
export async function requireRecording(
  gateway: Pick<GatewayContext, 'ports'>,
  tenantId: string,
  id: string,
): Promise<RecordingRecord> {
  const record = await gateway.ports.ledger.recordings.get(id);
  if (record === null || record.tenantId !== tenantId)
    throw new RecgateError('request.not_found', `There is no recording ${id}`);
  return record;
}

function requireOne(nameA: string, a: unknown, nameB: string, b: unknown): void {
  if (a === undefined && b === undefined)
    throw new RecgateError('field.missing', `Give either ${nameA} or ${nameB}`, { field: nameA });
  if (a !== undefined && b !== undefined)
    throw new RecgateError('field.invalid', `Give either ${nameA} or ${nameB}, not both`, { field: nameB });
}

function missing(field: string): never {
  throw new RecgateError('field.missing', `${field} is needed`, { field });
}

function takeSource(dto: SourceDto): { source: RecordingSource; secrets: SecretBag } {
  if (dto.kind === 'upload') {
    if (dto.url !== undefined) throw new RecgateError('field.invalid', 'An upload has no url', { field: 'source.url' });
    return { source: { kind: 'upload' }, secrets: {} };
  }
  const { url, userinfo } = splitUserinfo(dto.url ?? '');
  return { source: { kind: 'url', url }, secrets: userinfo === null ? {} : { [SOURCE_USERINFO]: userinfo } };
}

function sameSource(a: RecordingSource | undefined, b: RecordingSource): boolean {
  return a?.kind === b.kind && (a.kind === 'upload' || (b.kind === 'url' && a.url === b.url));
}

/** What a spec says, as the ledger keeps it; documents may come to new names each time they are read. */
function sameSpec(record: RecordingRecord, spec: RecordingSpec): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(record.spec)), JSON.parse(JSON.stringify(spec)));
}

/** A key that was used for something else is a mistake of the caller, never answered with the other recording. */
function refuseOtherStart(record: RecordingRecord, same: boolean): void {
  if (!same)
    throw new RecgateError(
      'request.conflict',
      `The Idempotency-Key was used for another start: recording ${record.id}`,
      { field: 'Idempotency-Key' },
    );
}

/** Of its own among the keys that calls derive for their instructions. */
function startKey(idempotencyKey: string, index: number): string {
  return `api\n${idempotencyKey}\n${index}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 20);
}
