import { isTerminal, RecgateError, type ApplicationView, type RecordingRecord } from '#libs/recording-model';
import { deleteRecording } from '../delete-recording.js';
import type { OrchestrationPorts } from '../ports.js';
import type { CallRecordings } from './call-recordings.js';
import type { RecordingWaiter } from './recording-waiter.js';

/** How long a file that was just recorded is waited for, ms. */
const PATIENCE_MS = 10_000;
const OWN_SPACE = 'media:///';

/** The files of the application's own space, as a call's flow uses them: what was just recorded can be played and deleted at once. */
export class CallFiles {
  constructor(
    private readonly ports: OrchestrationPorts,
    private readonly application: ApplicationView,
    private readonly recordings: CallRecordings,
    private readonly waiter: RecordingWaiter,
  ) {}

  /**
   * Waits for a recording of that name that is still on its way (Aculab contract §5.6), no longer than ten seconds; `empty`: nothing
   * was recorded, so there is nothing to hear.
   */
  async untilPlayable(url: string, signal: AbortSignal): Promise<'playable' | 'empty'> {
    if (!url.startsWith(OWN_SPACE)) return 'playable';
    const recording = await this.recordingOf(safeDecode(url.slice(OWN_SPACE.length)));
    if (recording === null) return 'playable';
    await this.untilTerminal(recording, signal);
    const { state } = (await this.ports.ledger.recordings.get(recording.id)) ?? recording;
    return state === 'absent' || state === 'discarded' ? 'empty' : 'playable';
  }

  /**
   * Deletes a file; a recording's is told of.
   * @throws RecgateError `request.not_found` when there is none, `request.conflict` when it is not finished in time
   */
  async delete(file: string): Promise<void> {
    const recording = await this.recordingOf(file);
    if (recording !== null) {
      await this.untilTerminal(recording, new AbortController().signal);
      await deleteRecording(this.ports, recording.id);
      return;
    }
    const { tenantId, applicationId } = this.application;
    for (const name of spellings(file)) if ((await this.ports.files?.delete({ tenantId, applicationId, name })) === true) return;
    throw new RecgateError('request.not_found', `There is no file ${file}`);
  }

  /** The recording whose file bears the name: by the names it was given, or among this call's by where its file goes. */
  private async recordingOf(file: string): Promise<RecordingRecord | null> {
    const { recordings } = this.ports.ledger;
    const names = spellings(file);
    for (const name of names) {
      const found = await recordings.findByName(this.application.applicationId, name);
      if (found !== null) return found;
    }
    for (const id of this.recordings.ids.toReversed()) {
      const record = await recordings.get(id);
      if (record !== null && names.includes(this.fileOf(record))) return record;
    }
    return null;
  }

  private fileOf(record: RecordingRecord): string {
    const { vendor, spec } = record;
    return spec.destination.kind === 'none' ? '' : this.ports.adapters[vendor].nameObject(record, this.application).name;
  }

  private async untilTerminal({ tenantId, id, state }: RecordingRecord, signal: AbortSignal): Promise<void> {
    if (isTerminal(state)) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PATIENCE_MS);
      timer.unref();
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      signal.addEventListener('abort', done);
      this.waiter.untilTerminal(tenantId, id).then(done, done);
    });
  }
}

/** Names are written with and without a slash in front, and as `media:///` addresses. */
function spellings(file: string): readonly string[] {
  const bare = (file.startsWith(OWN_SPACE) ? safeDecode(file.slice(OWN_SPACE.length)) : file).replace(/^\/+/, '');
  return [bare, `/${bare}`];
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
