import type { FlowAction, RecordAction, RecordingSpec, SecretBag } from '#libs/recording-model';
import { destinationOf } from './kazoo.destination.js';
import { KAZOO_FORMATS } from './kazoo.format.js';
import {
  followTransfer,
  mediaId,
  minDurationMs,
  namedFormat,
  originLabels,
  recordingVariables,
  sampleRate,
  silenceRule,
  startTrigger,
  timeLimitMs,
  transcription,
} from './kazoo.record-fields.js';
import type { FieldReader, KazooScope, Reading } from './kazoo.scope.js';
import { webhookSubscriptions } from './kazoo.webhooks.js';

/** Any key ends a `record_caller` (contract §1.3). */
const ANY_KEY = '0123456789*#ABCD';

/** Keys the storer of 5.x reads and no schema lists (contract §0), and those of side branches. */
const STORER_KEYS = [
  'storage_retry_times',
  'should_store_recording',
  'media_db',
  'dtmf_leg',
  'start_on_b_leg',
];

type RecordingCommand = 'start' | 'stop' | 'mask' | 'unmask';

const COMMAND_ACTIONS = {
  stop: { kind: 'stopRecording', which: 'latest' },
  mask: { kind: 'maskRecording', which: 'latest' },
  unmask: { kind: 'unmaskRecording', which: 'latest' },
} as const satisfies Record<Exclude<RecordingCommand, 'start'>, FlowAction>;

/** A `record_call` node: start, stop and, from a metaflow, mask and unmask (contract §1.2, §1.3). */
export function mapRecordCall(data: FieldReader, scope: KazooScope): readonly FlowAction[] {
  const command = commandOf(data, scope);
  if (command === 'start') return [recordStep(data, scope)];
  data.dropRest(`ignored by ${command}`);
  return [COMMAND_ACTIONS[command]];
}

/** A `record_caller` node: answers, records the caller, waits for any key or the limit (contract §1.3). */
export function mapRecordCaller(data: FieldReader, scope: KazooScope): readonly FlowAction[] {
  const { spec, secrets } = readSpec(data, scope, {
    mode: 'blocking',
    parties: 'caller',
    channels: 1,
    stopKeys: ANY_KEY,
  });
  if (spec.destination.kind === 'none') {
    return [
      {
        kind: 'skipped',
        name: 'record_caller',
        reason: `the recording could not be stored: ${spec.destination.reason}`,
      },
    ];
  }
  return [{ kind: 'answer' }, { kind: 'record', spec, secrets }];
}

function recordStep(data: FieldReader, scope: KazooScope): FlowAction {
  return {
    kind: 'record',
    ...readCallRecording(data, scope),
  };
}

/** A recording of both parties that nothing waits for, by its keys. */
export function readCallRecording(data: FieldReader, scope: KazooScope): Pick<RecordAction, 'spec' | 'secrets'> {
  return readSpec(data, scope, { mode: 'background', parties: 'both', channels: 2, stopKeys: '' });
}

type Shape = Pick<RecordingSpec, 'mode' | 'parties' | 'channels' | 'stopKeys'>;

function readSpec(
  data: FieldReader,
  scope: KazooScope,
  shape: Shape,
): { readonly spec: RecordingSpec; readonly secrets: SecretBag } {
  const { extension, requested, mediaName } = namedFormat(data, scope);
  const labels = originLabels(data, scope);
  const id = mediaId(data, scope);
  const { destination, secrets, handlerId } = destinationOf(data, scope);
  // What is not stored has no document, and so nothing to report.
  const shortest = minDurationMs(data, scope);
  const told = destination.kind === 'none' ? [] : scope.webhooks;
  const hooks = webhookSubscriptions(told, scope.settings.version, shortest);
  for (const key of STORER_KEYS)
    data.account(key, 'dropped', { reason: 'read by the storer of single generations only; not in the schema' });
  const spec: RecordingSpec = {
    vendor: 'kazoo',
    ...shape,
    start: startTrigger(data),
    sampleRate: sampleRate(data, shape.channels),
    beep: false,
    silence: silenceRule(data),
    maxDurationMs: timeLimitMs(data, scope),
    minDurationMs: shortest,
    maxBytes: null,
    trim: 'none',
    followTransfer: followTransfer(data, scope),
    playDuring: null,
    format: KAZOO_FORMATS[extension],
    encryption: null,
    destination,
    ifExists: 'overwrite',
    retention: null,
    labels: {
      ...labels,
      ...optional('media_id', id),
      ...optional('media_name', mediaName),
      ...optional('format', requested),
      ...optional('handler_id', handlerId),
      ...optional('recording_vars', recordingVariables(data, scope)),
    },
    transcription: transcription(data),
    subscriptions: hooks.subscriptions,
    continuation: null,
  };
  return { spec, secrets: { ...secrets, ...hooks.secrets } };
}

/** Only exactly `stop` stops; what is not known, or missing, starts (contract §1.2, §1.3). */
function commandOf(data: FieldReader, scope: KazooScope): RecordingCommand {
  const known: readonly RecordingCommand[] =
    scope.starter === 'metaflow' ? ['start', 'stop', 'mask', 'unmask'] : ['start', 'stop'];
  return data.take<RecordingCommand>('action', {
    to: 'step',
    fallback: 'start',
    shown: 'start',
    read: (value): Reading<RecordingCommand> => {
      const command = known.find((each) => each === value);
      if (command !== undefined) return { value: command };
      return {
        value: 'start',
        outcome: 'converted',
        reason: 'whatever is not stop starts',
        warning: `The action ${JSON.stringify(value)} starts a recording`,
      };
    },
  });
}

function optional(key: string, value: string | null): Record<string, string> {
  return value === null ? {} : { [key]: value };
}
