import { getNumber, runMenu } from './aculab.collect-actions.js';
import { connect, connectToConference } from './aculab.connect-actions.js';
import { awaited, type MappedAction } from './aculab.mapped-action.js';
import { mediaFile, playActions } from './aculab.media-list.js';
import type { ObjectReader } from './aculab.object-reader.js';
import { recordAction } from './aculab.record-action.js';
import { webPageRequest } from './aculab.web-page-request.js';

type ActionMapper = (action: ObjectReader, token: string | null) => MappedAction;

/** The actions of contract §7 that the gateway carries out. */
export const ACTION_MAPPERS: Readonly<Record<string, ActionMapper>> = {
  record: (action, token) => {
    const { nextPage, ...step } = recordAction(action.withOwnSecrets(), token);
    return { steps: [step], ends: nextPage !== null, ...awaited('record', nextPage) };
  },
  play: (action) => ({ steps: playActions(action), ends: false }),
  answer: () => ({ steps: [{ kind: 'answer' }], ends: false }),
  reject: () => ({ steps: [{ kind: 'reject' }], ends: true }),
  hang_up: () => ({ steps: [{ kind: 'hangup' }], ends: true }),
  sleep,
  redirect,
  delete_file: deleteFile,
  get_number: getNumber,
  run_menu: runMenu,
  connect,
  connect_to_conference: connectToConference,
};

/** Known actions that are passed over with a warning; the list goes on behind them. */
export const SKIPPED_ACTIONS: Readonly<Record<string, string>> = {
  get_input: 'speech input is not carried out',
  run_speech_menu: 'speech input is not carried out',
  start_transcription: 'it transcribes the live call, not a recording',
  stop_transcription: 'it transcribes the live call, not a recording',
  send_fax: 'fax is not carried out',
  receive_fax: 'fax is not carried out',
};

function sleep(action: ObjectReader): MappedAction {
  const name = action.has('seconds') ? 'seconds' : 'seconds_duration';
  const durationMs = action.seconds(name, { to: 'wait.durationMs' });
  if (durationMs === undefined) throw action.missing(name);
  return { steps: [{ kind: 'wait', durationMs }], ends: false };
}

/** The page is told of no action result (contract §1.3). */
function redirect(action: ObjectReader): MappedAction {
  const page = webPageRequest(action, 'next_page', 'fetch.request');
  if (page === null) throw action.missing('next_page');
  return { steps: [{ kind: 'fetch', request: { ...page, purpose: 'redirect' } }], ends: true };
}

function deleteFile(action: ObjectReader): MappedAction {
  const written = action.string('filename', { to: 'deleteFile.file' });
  if (written === undefined) throw action.missing('filename');
  return { steps: [{ kind: 'deleteFile', file: mediaFile(action, 'filename', written) }], ends: false };
}
