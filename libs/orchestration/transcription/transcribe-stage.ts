import {
  RecgateError,
  renditionDurationMs,
  toFailure,
  toRecgateError,
  type ApplicationView,
  type Failure,
  type Hearing,
  type NewRecordingEvent,
  type RecordingRecord,
  type SpeechToText,
  type Transcript,
  type TranscriptFact,
  type TranscriptionRule,
} from '#libs/recording-model';
import { recordingSecrets } from '../accept-recording.js';
import { requireApplication, viewApplication } from '../applications.js';
import type { OrchestrationPorts, TranscriptionPorts } from '../ports.js';
import { removeStored } from '../stages/remove-stored.js';
import { releaseLocalAudio } from '../stages/store-stage.js';
import { channelSource } from './channel-source.js';
import { composeTranscript } from './transcript-lines.js';

type Ending =
  | { readonly state: 'done'; readonly transcript: TranscriptFact }
  | { readonly state: 'timeout' }
  /** Why, for whoever looks at the events. */
  | { readonly state: 'failed'; readonly failure: Failure };

const EVENTS = {
  done: 'transcription.available',
  failed: 'transcription.failed',
  timeout: 'transcription.timeout',
} as const;

/**
 * Writes down what was said in an available recording. Its outcome is told exactly once; the recording itself is not
 * touched by it. The audio comes from the spool, which is kept until then.
 * @param lastTry true when the queue will not try again: whatever is wrong then fails the transcription
 * @throws RecgateError the retryable errors of the engine, for the queue to wait and try again
 */
export async function transcribeRecording(ports: OrchestrationPorts, recordingId: string, lastTry: boolean): Promise<void> {
  const record = await ports.ledger.recordings.get(recordingId);
  const { transcription } = ports;
  if (record === null || record.spec.transcription === null || transcription === undefined) return;
  // Whoever wrote it down may have died before he let the audio go.
  if (record.transcription !== 'pending') return isWritten(record) ? letGo(ports, transcription, record) : undefined;
  const ending = await attempt(ports, transcription, record, record.spec.transcription, lastTry);
  const settled = (await settle(ports, record, ending)) ?? record;
  const location = ending.state === 'done' ? ending.transcript.location : null;
  if (settled.deletedAt !== undefined && location !== null) await removeBeside(ports, settled, location);
  await letGo(ports, transcription, settled);
}

/** The audio is not needed any more; what was written down of a recording that was deleted meanwhile goes, too. */
async function letGo(ports: OrchestrationPorts, { store }: TranscriptionPorts, record: RecordingRecord): Promise<void> {
  if (record.deletedAt !== undefined) await store.remove(record.id);
  await releaseLocalAudio(ports, record);
}

function isWritten({ state, transcription }: RecordingRecord): boolean {
  return state === 'available' && transcription !== 'none';
}

async function attempt(
  ports: OrchestrationPorts,
  transcription: TranscriptionPorts,
  record: RecordingRecord,
  rule: TranscriptionRule,
  lastTry: boolean,
): Promise<Ending> {
  const deadline = deadlineOf(ports, record, rule);
  const remainingMs = deadline - ports.clock.now().getTime();
  if (remainingMs <= 0) return { state: 'timeout' };
  const signal = AbortSignal.timeout(Math.min(remainingMs, 2_147_483_647));
  try {
    const application = viewApplication(ports, await requireApplication(ports, record.tenantId, record.applicationId));
    const transcript = await hear(ports, transcription, record, rule, application, signal);
    await transcription.store.write({ tenantId: record.tenantId, recordingId: record.id }, transcript);
    const location = await storeBeside(ports, record, application, transcript);
    return { state: 'done', transcript: { id: transcript.id, text: '', location } };
  } catch (thrown) {
    const error = toRecgateError(thrown);
    const late = signal.aborted;
    ports.log.warn('transcription failed', { recordingId: record.id, code: error.code, reason: error.message, lastTry, late });
    if (late) return { state: 'timeout' };
    if (error.retry && !lastTry) throw error;
    return { state: 'failed', failure: toFailure(error, 'transcribe') };
  }
}

/** Each channel by itself: with two of them it is certain who spoke. */
async function hear(
  ports: OrchestrationPorts,
  { engineFor }: TranscriptionPorts,
  record: RecordingRecord,
  rule: TranscriptionRule,
  application: ApplicationView,
  signal: AbortSignal,
): Promise<Transcript> {
  const engine: SpeechToText | null = engineFor(application);
  if (engine === null) throw new RecgateError('field.invalid', 'No speech engine is configured', { field: 'transcription' });
  if (record.capture === null) throw new RecgateError('media.lost', 'The recording has no audio');
  const source = await ports.spools.open(record.id, record.capture);
  const { settings, secrets } = application;
  const hearings: Hearing[] = [];
  for (let channel = 0; channel < source.channels; channel++) {
    hearings.push(await engine.hear({ audio: channelSource(source, channel), language: rule.locale, settings, secrets, signal }));
  }
  const facts = { id: ports.ids.uuid(), engine: engine.name, language: rule.locale, durationMs: renditionDurationMs(record.capture) };
  return composeTranscript(facts, hearings);
}

/** The vendor's own object beside the recording; told of only when the store has confirmed it. */
async function storeBeside(
  ports: OrchestrationPorts,
  record: RecordingRecord,
  application: ApplicationView,
  transcript: Transcript,
): Promise<string | null> {
  const { destination } = record.spec;
  const object = ports.adapters[record.vendor].transcriptObject?.(record, application, transcript);
  if (object === undefined || destination.kind === 'none') return null;
  const receipt = await ports.stores[destination.kind].put({
    target: object.target,
    secrets: { ...application.secrets, ...recordingSecrets(ports, record) },
    content: ports.contentOf(Buffer.from(object.body, 'utf8'), object.target.contentType),
    metadata: { recording: record.id, tenant: record.tenantId, application: record.applicationId },
    signal: new AbortController().signal,
    onUploadStarted: () => Promise.resolve(),
  });
  return receipt.location;
}

/** A transcript that came to lie beside a recording after that was deleted. */
async function removeBeside(ports: OrchestrationPorts, record: RecordingRecord, location: string): Promise<void> {
  if (record.deletion?.scope !== 'everywhere') return;
  await removeStored(ports, record, [location]).catch((thrown: unknown) => {
    const { message } = toRecgateError(thrown);
    ports.log.error('the transcript of a deleted recording cannot be removed', { recordingId: record.id, location, reason: message });
  });
}

async function settle(ports: OrchestrationPorts, { id }: RecordingRecord, ending: Ending): Promise<RecordingRecord | null> {
  const at = ports.clock.now();
  const { record } = await ports.ledger.recordings.transition(id, (current) => {
    if (current.transcription !== 'pending') return null;
    const event: NewRecordingEvent = {
      name: EVENTS[ending.state],
      at: at.toISOString(),
      mediaTimeMs: current.capture?.mediaEndMs ?? 0,
      ...(current.capture === null ? {} : { capture: current.capture }),
      ...(current.receipt === null ? {} : { receipt: current.receipt }),
      ...(ending.state === 'done' ? { transcript: ending.transcript } : {}),
      ...(ending.state === 'failed' ? { failure: ending.failure } : {}),
    };
    return { to: current.state, at, patch: { transcription: ending.state }, events: [event] };
  });
  return record;
}

/** The time a document gives counts from when the recording became available; without one the gateway's own rule holds. */
function deadlineOf(ports: OrchestrationPorts, { receipt, updatedAt }: RecordingRecord, { timeoutMs }: TranscriptionRule): number {
  return Date.parse(receipt?.storedAt ?? updatedAt) + (timeoutMs ?? ports.settings.transcriptionTimeoutMs);
}
