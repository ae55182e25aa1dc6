import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  RECORDING_STATES,
  renditionDurationMs,
  VENDOR_NAMES,
  type AccountingEntry,
  type CallIdentity,
  type CallState,
  type CaptureResult,
  type DeletionAttempt,
  type Failure,
  type RecordingEvent,
  type RecordingRecord,
  type RecordingSource,
  type RecordingSpec,
  type RecordingState,
  type Rendition,
  type StorageReceipt,
  type TranscriptionState,
  type VendorName,
} from '#libs/recording-model';
import { showDeletion, showFailure } from '../show-facts.js';

const OBJECT = { type: 'object', additionalProperties: true } as const;
const NULLABLE_OBJECT = { ...OBJECT, nullable: true } as const;

/** A recording in listings. */
export class RecordingSummaryDto {
  @ApiProperty() id: string;
  @ApiProperty() applicationId: string;
  @ApiProperty({ enum: VENDOR_NAMES }) vendor: VendorName;
  @ApiProperty() callRef: string;
  @ApiProperty({ ...OBJECT, description: "The call as the vendor's application sees it" }) call: CallIdentity;
  @ApiPropertyOptional({ ...OBJECT, description: 'For recordings of finished files' }) source?: RecordingSource;
  @ApiProperty({ enum: RECORDING_STATES }) state: RecordingState;
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: "Ids in the vendor's own form",
  })
  names: Readonly<Record<string, string>>;
  @ApiProperty() createdAt: string;
  @ApiProperty() updatedAt: string;
  @ApiProperty({ type: String, nullable: true, description: 'Wall time of the first recorded sample' }) startedAt:
    string | null;
  @ApiProperty({ type: Number, nullable: true, description: 'Length of the file, ms' }) durationMs: number | null;
  @ApiProperty({ ...NULLABLE_OBJECT, description: 'Code, stage, blame and message of a failed recording' })
  failure: Failure | null;
  @ApiProperty({ type: String, nullable: true, description: 'When the file was deleted; the state stays what it was' })
  deletedAt: string | null;
}

/** The encoded file without its place on the gateway's disk. */
export type RenditionFacts = Omit<Rendition, 'file'>;

/** Everything about a recording but its credentials. */
export class RecordingDto extends RecordingSummaryDto {
  @ApiProperty({ type: String, nullable: true }) documentUrl: string | null;
  @ApiProperty({ ...OBJECT, description: 'The canonical job; credentials are references' }) spec: RecordingSpec;
  @ApiProperty({ type: 'array', items: OBJECT, description: 'What became of each field of the request' })
  accounting: readonly AccountingEntry[];
  @ApiProperty({ enum: ['none', 'pending', 'done', 'failed', 'timeout'] }) transcription: TranscriptionState;
  @ApiProperty({ enum: ['ringing', 'answered', 'bridged', 'ended'] }) callState: CallState;
  @ApiProperty() callDurationMs: number;
  @ApiProperty({
    ...NULLABLE_OBJECT,
    description: 'How the capture ended, its samples, and per leg what arrived and what did not',
  })
  capture: CaptureResult | null;
  @ApiProperty({ ...NULLABLE_OBJECT, description: 'Size, checksums, length of the encoded file' })
  rendition: RenditionFacts | null;
  @ApiProperty({ ...NULLABLE_OBJECT, description: 'What the store confirmed' }) receipt: StorageReceipt | null;
  @ApiProperty({ type: String, nullable: true, description: 'When the file is to be deleted; null: never' })
  deleteAt: string | null;
  @ApiProperty({ description: 'Nothing deletes the file while this holds' }) legalHold: boolean;
  @ApiProperty({ ...NULLABLE_OBJECT, description: 'The last attempt to delete the file, and why it is still there if it is' })
  deletion: DeletionAttempt | null;
  @ApiProperty({ description: 'How many events there were' }) eventCount: number;
  @ApiProperty({ type: 'array', items: OBJECT }) history: RecordingRecord['history'];
}

export class RecordingPageDto {
  @ApiProperty({ type: [RecordingSummaryDto], description: 'Newest first' }) items: RecordingSummaryDto[];
  @ApiProperty({ type: String, nullable: true, description: 'For the next page; null on the last' }) nextCursor:
    string | null;
}

/** The answer to a start. A document may ask for several recordings. */
export class StartedRecordingsDto {
  @ApiProperty({ type: [RecordingDto] }) recordings: RecordingDto[];
  @ApiProperty({ type: 'array', items: OBJECT, description: 'What became of each field of the document or spec' })
  accounting: AccountingEntry[];
  @ApiProperty({ type: [String], description: 'What was noticed in the document and is no error' }) warnings: string[];
}

export class EventListDto {
  @ApiProperty({ type: 'array', items: OBJECT, description: 'In order' }) items: RecordingEvent[];
}

export function showSummary(record: RecordingRecord): RecordingSummaryDto {
  const {
    id,
    applicationId,
    vendor,
    callRef,
    call,
    source,
    state,
    names,
    createdAt,
    updatedAt,
    startedAt,
    capture,
    failure,
    deletedAt = null,
  } = record;
  return {
    id,
    applicationId,
    vendor,
    callRef,
    call,
    ...(source === undefined ? {} : { source }),
    state,
    names,
    createdAt,
    updatedAt,
    startedAt,
    durationMs: capture === null ? null : renditionDurationMs(capture),
    failure: failure === null ? null : showFailure(failure),
    deletedAt,
  };
}

/** Named field by field, so that what the ledger learns to keep is not shown by accident. */
export function showRecording(record: RecordingRecord): RecordingDto {
  const {
    documentUrl,
    spec,
    accounting,
    transcription,
    callState,
    callDurationMs,
    capture,
    receipt,
    eventCount,
    history,
  } = record;
  const facts = {
    documentUrl,
    spec,
    accounting,
    transcription,
    callState,
    callDurationMs,
    capture,
    receipt,
    eventCount,
    history,
  };
  const { deleteAt = null, legalHold = false, deletion } = record;
  const kept = { deleteAt, legalHold, deletion: deletion === undefined ? null : showDeletion(deletion) };
  return { ...showSummary(record), ...facts, ...kept, rendition: showRendition(record.rendition) };
}

function showRendition(rendition: Rendition | null): RenditionFacts | null {
  if (rendition === null) return null;
  const { file: _file, ...facts } = rendition;
  return facts;
}
